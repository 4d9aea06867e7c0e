"""TensorBoard's files: read back by a decoder written from the format, and by itself."""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actor.yardstick import yardstick_of
from engine.config import Settings
from engine.errors import StorageError
from engine.games import find
from storage.layout import RunPaths, run_paths
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from storage.stats import read_stats
from tests.trainer.conftest import Configure
from trainer.continuous import learn
from trainer.events import Events, crc32c
from trainer.learner import Learner

Generate = Callable[[Settings, int], None]


def records(path: Path) -> Iterator[bytes]:
    data, at = path.read_bytes(), 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        body = data[at + 12 : at + 12 + length]
        for part, place in ((data[at : at + 8], at + 8), (body, at + 12 + length)):
            crc = crc32c(part)
            expected = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
            assert struct.unpack_from("<I", data, place) == (expected,)
        yield body
        at += 16 + length


def fields(message: bytes) -> Iterator[tuple[int, Any]]:
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(key & 7) or varint()
        yield key >> 3, message[at : at + size]
        at += size


def numbers(path: Path) -> list[tuple[int, str, float]]:
    found = []
    for record in records(path):
        event = dict(fields(record))
        for _, value in fields(event.get(5, b"")):
            tag, number = dict(fields(value)).values()
            found.append((event[2], tag.decode(), struct.unpack("<f", number)[0]))
    return found


def test_the_checksum_is_that_of_the_rfc() -> None:
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(bytes([0xFF] * 32)) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_a_file_says_its_version_where_it_starts_and_its_numbers(tmp_path: Path) -> None:
    events = Events(tmp_path / "deep", 301)
    events.write(300_000, {"learner/loss": 0.5, "learner/step": 3})
    (path,) = (tmp_path / "deep").iterdir()
    first, second, _ = (dict(fields(record)) for record in records(path))
    assert first[3] == b"brain.Event:2" and second[2] == 301
    assert dict(fields(second[7])) == {1: 1}
    assert numbers(path) == [(300_000, "learner/loss", 0.5), (300_000, "learner/step", 3.0)]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"cannot write .*file/events"):
        Events(tmp_path / "file", 1)


@pytest.fixture
def trained(configure: Configure, generate: Generate) -> RunPaths:
    """A run that was stopped at step 12 and went on from there to step 20."""
    settings = configure(learner__tensorboard=True)
    generate(settings, 60)
    paths, game = run_paths(settings), find(settings.run.game)
    yardstick_of(settings).prepare()
    with SqliteReplay(paths.replay, game) as replay:
        for steps in (12, 20):
            models = FilesystemModels(paths)
            learn(settings, Learner(game, settings), replay, models, paths, lambda: False, steps)
    return paths


def test_the_learner_tells_what_it_tells_the_page(trained: RunPaths) -> None:
    told = {
        (step, tag): number
        for path in sorted(trained.tensorboard.iterdir())
        for step, tag, number in numbers(path)
    }
    stats = read_stats(trained)
    assert stats is not None and len(stats["history"]) >= 2
    for row in stats["history"]:
        assert told[row["step"], "learner/loss"] == pytest.approx(row["loss"])
    measured = stats["accuracy"][-1]
    tag = "accuracy/random@0/wdl_optimal"
    assert told[measured["step"], tag] == pytest.approx(measured["wdl_optimal"])


@pytest.mark.skipif(
    importlib.util.find_spec("tensorboard") is None, reason="the extra tensorboard is missing"
)
def test_tensorboard_reads_it(trained: RunPaths) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(trained.tensorboard))
    read.Reload()
    steps = [event.step for event in read.Scalars("learner/loss")]
    assert steps == sorted(set(steps)) and steps[-1] == 20


def test_without_the_setting_there_is_nothing(configure: Configure, generate: Generate) -> None:
    settings = configure()
    generate(settings, 60)
    paths, game = run_paths(settings), find(settings.run.game)
    with SqliteReplay(paths.replay, game) as replay:
        models = FilesystemModels(paths)
        learn(settings, Learner(game, settings), replay, models, paths, lambda: False, 6)
    assert not paths.tensorboard.exists()
