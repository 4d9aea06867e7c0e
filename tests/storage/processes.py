"""The second process of a test: `python processes.py COMMAND FOLDER [NUMBER …]`."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from pathlib import Path

from conftest import GAME, make_record

from storage.layout import RunPaths
from storage.lock import learner_lock
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay


def append(root: Path, first_seed: int, count: int) -> None:
    """Append `count` games, 0 = without end; print each one's seed and id once it is stored."""
    with SqliteReplay(RunPaths(root).replay, GAME) as replay:
        seeds = itertools.count(first_seed)
        for seed in itertools.islice(seeds, count) if count else seeds:
            print(seed, replay.append(make_record(seed)), flush=True)


def die(root: Path, pruning: int) -> None:
    """Be killed in the middle of an append or of a prune: rows are written, the totals are not."""

    def kill(cursor: object, statement: str, values: object) -> bool:
        if statement.startswith("UPDATE run"):
            print("dying", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        return True

    replay = SqliteReplay(RunPaths(root).replay, GAME)
    replay._db.exec_trace = kill
    replay.prune(5) if pruning else replay.append(make_record(0))


def publish(root: Path, count: int) -> None:
    """Publish `count` models of very different sizes, each made of one byte only."""
    models = FilesystemModels(RunPaths(root))
    for step in range(1, count + 1):
        models.publish(bytes([step % 251]) * (1 if step % 2 else 3_000_000), step % 4)


def lock(root: Path) -> None:
    """Be the learner until the input ends."""
    with learner_lock(RunPaths(root)):
        print("locked", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    command, folder, *numbers = sys.argv[1:]
    commands = {"append": append, "die": die, "publish": publish, "lock": lock}
    commands[command](Path(folder), *map(int, numbers))  # type: ignore[operator]
