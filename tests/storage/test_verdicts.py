from __future__ import annotations

import json

import pytest

from engine.errors import StorageError
from storage.layout import RunPaths
from storage.verdicts import Relapse, Verdicts, read_verdicts, write_verdicts

RELAPSE = Relapse(step=800, against=400, score=0.25, interval=(0.125, 0.5), at=1000.5)


def test_nothing_is_said_before_the_first_word(paths: RunPaths) -> None:
    assert read_verdicts(paths) == Verdicts(best_step=None, relapse=None)
    assert not paths.verdicts.exists()


@pytest.mark.parametrize("said", [Verdicts(best_step=0), Verdicts(best_step=400, relapse=RELAPSE)])
def test_what_is_written_is_read(paths: RunPaths, said: Verdicts) -> None:
    write_verdicts(paths, said)
    assert read_verdicts(paths) == said


def test_the_file_is_plain_json(paths: RunPaths) -> None:
    write_verdicts(paths, Verdicts(best_step=400, relapse=RELAPSE))
    relapse = {"step": 800, "against": 400, "score": 0.25, "interval": [0.125, 0.5], "at": 1000.5}
    assert json.loads(paths.verdicts.read_bytes()) == {"best_step": 400, "relapse": relapse}


@pytest.mark.parametrize("damaged", [
    '{"best_step": -1}', '{"best_step": "many"}', '{"relapse": {"step": 1}}', '{"elo": 3}',
])  # fmt: skip
def test_damage_is_named(paths: RunPaths, damaged: str) -> None:
    paths.verdicts.write_text(damaged)
    with pytest.raises(StorageError, match=r"verdicts\.json is damaged: .*; delete it to go on"):
        read_verdicts(paths)
