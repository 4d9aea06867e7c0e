"""Records of made-up games, fresh runs and second processes for the tests of storage/."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import storage
from engine.game import Game
from engine.games import find
from storage.layout import RunPaths, create
from storage.replay.record import GameRecord

GAME = find("tictactoe")
PROCESSES = Path(__file__).with_name("processes.py")


def make_record(seed: int, samples: int = 5, game: Game = GAME) -> GameRecord:
    """A record with the shapes of `game`, its numbers drawn from `seed`; no real game."""
    rng = np.random.default_rng(seed)
    plies = samples + 2
    return GameRecord(
        game=game.name,
        rules_version=game.version,
        moves=rng.integers(0, game.actions, plies, dtype=np.int16),
        result=int(rng.integers(-1, 2)),
        model_step=seed,
        plies=np.arange(2, plies, dtype=np.int16),
        states=rng.integers(0, 2**64, (samples, game.words), dtype=np.uint64),
        movers=rng.integers(0, 2, samples, dtype=np.int8),
        policies=rng.dirichlet([1.0] * game.actions, samples).astype(np.float32),
        root_values=rng.uniform(-1, 1, samples).astype(np.float32),
        exact=rng.integers(0, 2, samples).astype(np.int8),
        surprises=rng.uniform(0, 1, samples).astype(np.float32),
    )


def start_process(*arguments: object) -> subprocess.Popen[str]:
    """Run a command of processes.py; its output is a pipe of text."""
    return subprocess.Popen(
        [sys.executable, str(PROCESSES), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(storage.__file__).parents[1])},
    )


@pytest.fixture
def record() -> Callable[..., GameRecord]:
    return make_record


@pytest.fixture
def game() -> Game:
    return GAME


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    made = RunPaths(tmp_path / "run")
    create(made)
    return made


@pytest.fixture
def spawn() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts commands of processes.py, and ends what is left of them after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: Any) -> subprocess.Popen[str]:
        started.append(start_process(*arguments))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
