"""The processes of self-play together: even shares, exact counts, deaths at the worst instant."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actor.crew import Crew
from actor.selfplay import Counters
from engine.cli import LogFormat
from engine.config import Settings
from engine.errors import CartridgeError, ConfigError
from engine.sources import load

Publish = Callable[[Counters], None]


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """A crew takes the signals of its process; a test gives them back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _settings(folder: Path, workers: int) -> Settings:
    return load(
        {
            "run": {"game": "tictactoe"},
            "storage": {"data_dir": folder},
            "selfplay": {"workers": workers},
        }
    )


class _Deadly:
    """A count that ends the process that stores it."""

    def __radd__(self, other: float) -> _Deadly:
        return self

    def __float__(self) -> float:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0.0


def _play(may_begin: Callable[[], bool], publish: Publish) -> None:
    games = 0
    while may_begin():
        games += 1
        publish(Counters(games=games, positions=5 * games))


def _honest(
    settings: Settings, worker: int, may_begin: Callable[[], bool], publish: Publish
) -> None:
    _play(may_begin, publish)


def _dies_as_it_tells(
    settings: Settings, worker: int, may_begin: Callable[[], bool], publish: Publish
) -> None:
    """Tells of three games, then dies in the middle of telling; its successor plays the rest."""
    deadly: Any = _Deadly()
    died = settings.storage.data_dir / "died"
    if worker == 0 and not died.exists():
        died.touch()
        publish(Counters(games=3, positions=15))
        publish(Counters(games=4, positions=deadly))
    _play(may_begin, publish)


def _fails(
    settings: Settings, worker: int, may_begin: Callable[[], bool], publish: Publish
) -> None:
    raise ConfigError("no such thing")


def _dies(settings: Settings, worker: int, may_begin: Callable[[], bool], publish: Publish) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _run(crew: Crew) -> Counters:
    told: list[Counters] = []
    crew.run(told.append)
    return told[-1]


@pytest.mark.parametrize("games", [1, 2, 3, 77])
def test_a_crew_plays_exactly_its_games(tmp_path: Path, games: int) -> None:
    found = _run(Crew(_settings(tmp_path, 3), games, LogFormat.text, _honest))
    assert (found.games, found.positions) == (games, 5 * games)


def test_a_worker_that_dies_as_it_tells_what_it_did_holds_nobody_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = _run(Crew(_settings(tmp_path, 2), 20, LogFormat.text, _dies_as_it_tells))
    assert "actor-0 died (exit code -9), starting it again" in caplog.messages
    # Of its ten games it had told four, though not the positions of the fourth.
    assert (found.games, found.positions) == (20, 5 * 20 - 5)


@pytest.mark.parametrize(
    ("body", "message"),
    [(_fails, "actor-0 ended with exit code 2"), (_dies, "6 workers died within a minute")],
)
def test_a_crew_gives_up_where_a_restart_cannot_help(
    tmp_path: Path, body: Any, message: str
) -> None:
    with pytest.raises(CartridgeError, match=message):
        _run(Crew(_settings(tmp_path, 1), None, LogFormat.text, body))
