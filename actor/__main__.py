"""`python -m actor`: self-play, and all that plays to measure: referee, arena, zoo and more."""

from __future__ import annotations

import logging
import time
from typing import Annotated

import typer

from actor.bench_cli import run_bench
from actor.conversion_cli import convert
from actor.crew import Crew
from actor.curve_cli import curve
from actor.matches_cli import accuracy, arena, tournament
from actor.mixed import mixed_player
from actor.referee_cli import referee
from actor.selfplay import Counters
from actor.zoo_cli import zoo
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
    flags,
    run,
    settings_from,
    start_logging,
)
from engine.evaluator.choose import refuse_missing
from engine.games import find
from storage.layout import create, run_paths

LOG = logging.getLogger(__name__)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)

for yardstick in (arena, accuracy, convert, curve, tournament):
    app.command()(yardstick)
app.command("bench")(run_bench)
app.command()(referee)
app.command("zoo")(zoo)


@app.callback(invoke_without_command=True)
def selfplay(
    context: typer.Context,
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    preset: PresetOption = None,
    seed: SeedOption = None,
    workers: Annotated[int | None, typer.Option(min=0, help="Processes; 0 = one per core.")] = None,
    max_episodes: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many games.")
    ] = None,
    log_format: LogFormatOption = LogFormat.text,
    version: VersionOption = False,
) -> None:
    """Play games with the newest model and store them, until stopped."""
    if context.invoked_subcommand:
        return
    given = flags(game, run_name, data_dir, assignments, seed, preset, selfplay__workers=workers)
    settings = settings_from(config, given)
    start_logging("actor", log_format)
    refuse_missing(settings.evaluator)
    mixed_player(find(settings.run.game), settings)  # a name that is none is told at once
    create(run_paths(settings))
    crew = Crew(settings, max_episodes, log_format)
    with ProgressLine("self-play", max_episodes, LOG) as line:
        crew.run(_Totals(line))


class _Totals:
    """Tells what a crew has done so far."""

    def __init__(self, line: ProgressLine) -> None:
        self._line = line
        self._began = time.monotonic()

    def __call__(self, counters: Counters) -> None:
        """Show the totals and the mean rates."""
        elapsed = max(time.monotonic() - self._began, 1e-9)
        self._line.show(
            counters.games,
            f"{counters.games} games ({counters.games / elapsed:.1f}/s),"
            f" {counters.positions} positions,"
            f" {counters.simulations / elapsed:,.0f} simulations/s",
        )


if __name__ == "__main__":
    run(app)
