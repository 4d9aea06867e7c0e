"""A second process of a test: `python processes.py FOLDER TARGET …`.

In a copy of the run in FOLDER for each TARGET, FOLDER/TARGET, a learner is killed by SIGKILL in
the middle of a publication: just before the file TARGET would be replaced.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import torch

from engine.config import Settings
from engine.games import find
from engine.sources import load, merge
from storage.layout import run_paths
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from tests.trainer.conftest import TINY
from trainer.continuous import learn
from trainer.learner import Learner


def settings_in(folder: Path) -> Settings:
    """Those of the tests of the trainer, for the data folder given."""
    return load(merge(TINY, {"storage": {"data_dir": folder}}))


def die_at(target: str, folder: Path) -> None:
    """Learn until, while step 5 is published, `target` is to be replaced."""
    replace, settings = os.replace, settings_in(folder)
    game, paths = find(settings.run.game), run_paths(settings)
    snapshot = paths.snapshot(5)

    def killed(source: str, destination: Path) -> None:
        publishes = snapshot.exists() or destination == snapshot
        if publishes and Path(destination).name == target:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, destination)

    os.replace = killed  # type: ignore[assignment]
    with SqliteReplay(paths.replay, game) as replay:
        models = FilesystemModels(paths)
        learn(settings, Learner(game, settings), replay, models, paths, lambda: False, 7)


if __name__ == "__main__":
    torch.set_num_threads(1)
    root, *targets = sys.argv[1:]
    for name in targets:
        copy = Path(root) / name
        shutil.copytree(Path(root) / "whole", copy)
        child = os.fork()
        if child == 0:
            die_at(name, copy)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(name, os.waitstatus_to_exitcode(status), flush=True)
