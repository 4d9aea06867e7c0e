"""Starting and stopping any run's training: which run is meant, and with which settings.

A run that has begun goes on with the settings of its last start, whoever gave them. The processes
themselves are the business of training.py; those of one run at a time are this server's children.
"""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from threading import Lock

from fastapi import HTTPException

from engine.cli import flags, settings_from
from engine.config import Settings
from engine.errors import ConfigError
from engine.games import find
from engine.sources import changes
from storage.layout import RunPaths, create, run_paths
from storage.replay.sqlite import SqliteReplay
from storage.starts import read_starts
from web.runs import Runs
from web.schemas import RunSettingsOut
from web.training import State, Training

NAME = re.compile(r"\w[\w.-]*")
"""What a run may be called: never a path that leads out of the data folder."""


class Trainings:
    """The training of the server's run, and of every other run that somebody asks about."""

    def __init__(self, settings: Settings, runs: Runs, own: Training) -> None:
        self._settings = settings
        self._runs = runs
        self._own = own
        self._others: dict[str, Training] = {}
        self._command = Lock()

    def state(self, run: str) -> State:
        """What a run's training does; a run that there is not is stopped."""
        return self._of(run).state()

    def start(
        self, run: str | None, game: str | None, preset: str | None
    ) -> tuple[str, State, str]:
        """Start a run, or let it go on; returns its name, its state, and what was done.

        Raises ConfigError for settings that do not fit the run or each other, and HTTP 409 while
        this server trains another run.
        """
        with self._command:
            name = run or self._name_for(game, preset)
            training = self._prepared(name, game, preset)
            self._refuse_second(name)
            return (name, *training.start())

    def stop(self, run: str | None) -> tuple[str, State, str]:
        """Stop a run; see `Training.stop`. HTTP 404 where there is none."""
        name = run or self._settings.run_name
        self._runs.settings(name)
        return (name, *self._of(name).stop())

    def close(self) -> None:
        """End this server's own children."""
        for training in (self._own, *self._others.values()):
            training.close()

    def _name_for(self, game: str | None, preset: str | None) -> str:
        """The server's run if it fits, else a new one that is named for what it is."""
        own = self._settings.run
        if game in (None, own.game) and preset is None:
            return self._settings.run_name
        stem = "-".join(word for word in (game or own.game, preset) if word)
        names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
        return next(name for name in names if not (self._settings.storage.data_dir / name).exists())

    def _prepared(self, name: str, game: str | None, preset: str | None) -> Training:
        """The training of a run with the settings it is to have; makes a run that is new."""
        settings = self._settings
        trained = self._runs.game(name) if name in self._runs.names() else None
        starts = read_starts(self._paths(name)) if trained else []
        if trained and game not in (None, trained):
            raise ConfigError(f"the run {name} plays {trained}, not {game}: name another")
        if starts and preset is not None:
            raise ConfigError(
                f"the run {name} has begun with settings of its own: leave out the preset"
                f" {preset}, or name another run"
            )
        if name == settings.run_name:
            return self._own_with(preset)
        if not NAME.fullmatch(name):
            raise ConfigError(f"{name[:80]!r} is no name for a run: letters, digits, '_', '-', '.'")
        played = trained or game or settings.run.game
        made = settings_from(
            None, flags(played, name, settings.storage.data_dir, preset_name=preset)
        )
        options = ["--game", played, *(["--preset", preset] if preset else [])]
        if starts:
            words = shlex.split(starts[-1].command)
            options = words[words.index("--game") :]
        if not trained:  # from the first moment it is known what the run plays
            create(run_paths(made))
            SqliteReplay(run_paths(made).replay, find(played)).close()
        place = ["--run-name", name, "--data-dir", str(settings.storage.data_dir)]
        training = self._of(name)
        training.options = [*options, *place]
        return training

    def _own_with(self, preset: str | None) -> Training:
        if preset is not None:
            settings = self._settings
            # What was set by hand wins over the preset; whether all fits is seen before the start.
            settings_from(None, flags(assignments=changes(settings), preset_name=preset))
            self._own.options = [*self._own.options, "--preset", preset]
        return self._own

    def _refuse_second(self, name: str) -> None:
        known = {self._settings.run_name: self._own, **self._others}
        for other, training in known.items():
            if other != name and training.has_children:
                raise HTTPException(409, f"the run {other} is being trained: stop it first")

    def _paths(self, name: str) -> RunPaths:
        return RunPaths(self._settings.storage.data_dir / name)

    def _of(self, name: str) -> Training:
        if name == self._settings.run_name:
            return self._own
        if name not in self._others:
            run = self._settings.run.model_copy(update={"name": name})
            self._others[name] = Training(self._settings.model_copy(update={"run": run}))
        return self._others[name]


def last_settings(runs: Runs, name: str | None) -> RunSettingsOut:
    """What a run was started with the last time; HTTP 404 where there is no such run."""
    settings = runs.settings(name)
    starts = read_starts(run_paths(settings))
    last = starts[-1] if starts else None
    return RunSettingsOut(
        run=settings.run_name,
        game=settings.run.game,
        at=last.at if last else None,
        command=last.command if last else None,
        machine=last.compute if last else None,
        changes=_changes(last.command) if last else {},
    )


def _changes(command: str) -> dict[str, str]:
    """The settings that a command of starts.jsonl gives, the seed among them."""
    words = shlex.split(command)
    seeds = [f"run.seed={value}" for flag, value in pairwise(words) if flag == "--seed"]
    given = [value for flag, value in pairwise(words) if flag == "--set"]
    return dict(assignment.split("=", 1) for assignment in seeds + given)
