"""`python -m trainer`: learn from the stored games and publish models."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Annotated

import torch
import typer

from engine.cli import (
    ConfigOption,
    DataDirOption,
    GameOption,
    LogFormat,
    LogFormatOption,
    PresetOption,
    ProgressLine,
    RunNameOption,
    SeedOption,
    SetOption,
    VersionOption,
    cores,
    flags,
    run,
    settings_from,
    start_logging,
    stop_on_signals,
)
from engine.config import Settings
from engine.games import find
from storage.layout import create, run_paths
from storage.lock import learner_lock, referee_lock
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from storage.starts import note_start
from trainer.continuous import learn
from trainer.learner import Learner
from trainer.loop import Loop

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
LOG = logging.getLogger(__name__)


@app.callback(invoke_without_command=True)
def continuous(
    context: typer.Context,
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    preset: PresetOption = None,
    seed: SeedOption = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop at this step.")] = None,
    log_format: LogFormatOption = LogFormat.text,
    version: VersionOption = False,
) -> None:
    """Learn beside running actors until stopped; continues where it was."""
    if context.invoked_subcommand:
        return
    settings = settings_from(config, flags(game, run_name, data_dir, assignments, seed, preset))
    start_logging("trainer", log_format)
    stop = stop_on_signals()
    played, paths = find(settings.run.game), run_paths(settings)
    create(paths)
    with learner_lock(paths), SqliteReplay(paths.replay, played) as replay:
        note_start(paths, settings, "continuous")
        learner = make_learner(settings)
        timed = settings.learner.minutes > 0 and max_steps is None
        steps = max_steps or settings.learner.horizon_steps
        total = math.ceil(60 * settings.learner.minutes) if timed else steps
        with ProgressLine("learner", total, LOG) as line:
            report = _telling_time(line, learner) if timed else _telling(line, steps)
            learn(
                settings, learner, replay, FilesystemModels(paths), paths, stop, max_steps, report
            )


@app.command()
def loop(
    iterations: Annotated[int | None, typer.Option(min=1)] = None,
    episodes: Annotated[int | None, typer.Option(min=1, help="Games per iteration.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Learner steps per iteration.")] = None,
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    preset: PresetOption = None,
    seed: SeedOption = None,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Self-play, train, evaluate against random and the best so far, publish; then again."""
    given = flags(
        game,
        run_name,
        data_dir,
        assignments,
        seed,
        preset,
        loop__iterations=iterations,
        loop__episodes=episodes,
        loop__steps=steps,
    )
    settings = settings_from(config, given)
    start_logging("trainer", log_format)
    stop = stop_on_signals()
    played, paths = find(settings.run.game), run_paths(settings)
    create(paths)
    with (
        learner_lock(paths),
        referee_lock(paths),  # the loop judges its models itself
        SqliteReplay(paths.replay, played) as replay,
    ):
        note_start(paths, settings, "loop")
        rounds = Loop(
            settings, make_learner(settings), replay, FilesystemModels(paths), paths, stop
        )
        total = settings.loop.iterations * settings.loop.steps
        with ProgressLine("learner", total, LOG) as line:
            rounds.run(_telling(line, total))


def _telling(line: ProgressLine, steps: int) -> Callable[[int, str], None]:
    return lambda step, message: line.show(step, f"step {step} of {steps}, {message}")


def _telling_time(line: ProgressLine, learner: Learner) -> Callable[[int, str], None]:
    minutes = learner.settings.learner.minutes

    def tell(step: int, message: str) -> None:
        spent = min(learner.seconds / 60, minutes)
        line.show(round(60 * spent), f"step {step}, {spent:.1f} of {minutes:g} minutes, {message}")

    return tell


def make_learner(settings: Settings) -> Learner:
    """A learner that uses as many threads as the settings allow."""
    torch.set_num_threads(settings.learner.threads or cores())
    return Learner(find(settings.run.game), settings)


if __name__ == "__main__":
    run(app)
