"""`python -m actor`: self-play, and the yardsticks: arena, accuracy, bench."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from actor import accuracy as yardstick
from actor import arena as matches
from actor.bench import Report, Spread, bench
from actor.crew import Crew
from actor.players import player
from actor.selfplay import Counters
from engine.cli import (
    ConfigOption,
    DataDirOption,
    GameOption,
    JsonOption,
    LogFormat,
    LogFormatOption,
    ProgressLine,
    RunNameOption,
    SeedOption,
    SetOption,
    VersionOption,
    flags,
    print_json,
    run,
    settings_from,
    start_logging,
)
from engine.config import Settings
from engine.errors import ConfigError
from engine.evaluator.onnx import OnnxEvaluator
from engine.evaluator.uniform import UniformEvaluator
from engine.games import all_games, find
from storage.layout import create, run_paths
from storage.models.filesystem import FilesystemModels

LOG = logging.getLogger(__name__)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)

PositiveOption = Annotated[int | None, typer.Option(min=1)]


@app.callback(invoke_without_command=True)
def selfplay(
    context: typer.Context,
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
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
    given = flags(game, run_name, data_dir, assignments, seed, selfplay__workers=workers)
    settings = settings_from(config, given)
    start_logging("actor", log_format)
    create(run_paths(settings))
    crew = Crew(settings, max_episodes, log_format)
    with ProgressLine("self-play", max_episodes, LOG) as line:
        crew.run(_Totals(line))


@app.command()
def arena(
    first: Annotated[str, typer.Argument(help="Player, e.g. latest@100; the score is its own.")],
    second: Annotated[str, typer.Argument(help="Player, e.g. mcts:100, random, solver.")],
    games: Annotated[
        int, typer.Option(min=2, help="Games; each opening is played from both sides.")
    ] = 200,
    opening_plies: Annotated[int, typer.Option(min=0, help="Random plies before a game.")] = 4,
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let two players meet over paired openings."""
    settings = settings_from(config, flags(game, run_name, data_dir, assignments, seed))
    played = find(settings.run.game)
    models = FilesystemModels(run_paths(settings))
    players = [player(spec, played, models, settings.search) for spec in (first, second)]
    rng = np.random.default_rng(settings.run.seed)
    score = matches.match(played, players[0], players[1], games, opening_plies, rng)
    if as_json:
        print_json({"first": first, "second": second, **score.as_dict()})
        return
    low, high = score.interval
    typer.echo(
        f"{first} against {second} in {games} games of {played.title}: {score.wins} won,"
        f" {score.draws} drawn, {score.losses} lost; score {score.score:.1%}"
        f" (95 % interval {low:.1%} to {high:.1%})"
    )


@app.command()
def accuracy(
    positions: Annotated[
        Path, typer.Option(help="File of solved positions, one JSON object a line.")
    ],
    who: Annotated[str, typer.Option("--player", help="Player, e.g. latest@50 or latest@0.")],
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count how often a player chooses a move that exact play would choose."""
    settings = settings_from(config, flags(game, run_name, data_dir, assignments, seed))
    played = find(settings.run.game)
    chosen = player(who, played, FilesystemModels(run_paths(settings)), settings.search)
    solved = yardstick.read_positions(positions, played)
    found = yardstick.accuracy(chosen, solved, np.random.default_rng(settings.run.seed))
    if as_json:
        print_json({"player": who, **found})
        return
    for name, value in found.items():
        typer.echo(f"{name:20} {value}")


@app.command("bench")
def run_bench(
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    model: Annotated[
        Path | None, typer.Option(help="ONNX file; default: the run's latest.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Measurements of each part.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.01, help="Length of one measurement.")] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Measure tree, evaluator and self-play on one core; without --game, for every game."""
    reports = []
    for name in [game] if game else list(all_games()):
        settings = settings_from(config, flags(name, run_name, data_dir, assignments))
        reports.append(_bench_one(settings, model, rounds, seconds))
    if as_json:
        print_json({"games": {report.game: report.as_dict() for report in reports}})
        return
    _print_reports(reports)


def _bench_one(settings: Settings, model: Path | None, rounds: int, seconds: float) -> Report:
    game = find(settings.run.game)
    latest = FilesystemModels(run_paths(settings)).latest()
    try:
        data = model.read_bytes() if model else latest
    except OSError as error:
        raise ConfigError(f"cannot read the model {model}: {error.strerror}") from None
    if data is None:
        return bench(game, settings, UniformEvaluator(game), "none (uniform)", rounds, seconds)
    evaluator = OnnxEvaluator(game, data)
    network = f"{evaluator.card.architecture}, step {evaluator.card.step}"
    return bench(game, settings, evaluator, network, rounds, seconds)


def _print_reports(reports: list[Report]) -> None:
    table = Table(title="One core; rates per second as minimum / median / maximum")
    table.add_column("")
    for report in reports:
        table.add_column(report.game, justify="right")

    def spread(value: Spread) -> str:
        return f"{value.low:,.0f} / {value.median:,.0f} / {value.high:,.0f}"

    for label, cell in {
        "network": lambda r: r.network,
        "trees x simulations": lambda r: f"{r.batch} x {r.simulations}",
        "tree, simulations": lambda r: spread(r.tree_sims_per_s),
        "evaluator, positions": lambda r: spread(r.evals_per_s),
        "self-play, simulations": lambda r: spread(r.selfplay_sims_per_s),
        "evaluations a simulation": lambda r: f"{r.evals_per_sim:.3f}",
        "limit of the parts": lambda r: f"{r.limit_sims_per_s:,.0f}",
        "reached / limit": lambda r: f"{r.limit_ratio:.2f}",
        "counting evaluations made": lambda r: f"{r.strict_limit_ratio:.2f}",
        "memory of a tree": lambda r: f"{r.tree_bytes / 1000:,.0f} kB",
        "kernels compiled": lambda r: str(r.compiled),
    }.items():
        table.add_row(label, *(cell(report) for report in reports))
    Console().print(table)


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
