"""The yardsticks of strength on the command line: arena, accuracy, tournament."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from actor import accuracy as yardstick
from actor.arena import Score
from actor.contest import Match, Outcome, contest
from actor.solved import quiet
from actor.specs import parse, player, recipe
from actor.sprt import LOWER, UPPER, parse_sprt
from actor.tournament import Plan, Tournament
from engine.cli import (
    ConfigOption,
    DataDirOption,
    GameOption,
    JsonOption,
    ProgressLine,
    RunNameOption,
    SeedOption,
    SetOption,
    cores,
    flags,
    print_json,
    settings_from,
    start_logging,
)
from engine.games import find
from storage.ladder import Ladder
from storage.layout import create, run_paths, zoo_folder
from storage.lock import ladder_lock
from storage.matches import append_meeting
from storage.models.filesystem import FilesystemModels
from storage.zoo import Zoo

LOG = logging.getLogger(__name__)

WorkersOption = Annotated[
    int, typer.Option(min=0, help="Processes; 0 = one per core. The result does not depend on it.")
]
OpeningPliesOption = Annotated[int, typer.Option(min=0, help="Random plies before a game.")]


def arena(
    first: Annotated[str, typer.Argument(help="Player, e.g. latest@100; the score is its own.")],
    second: Annotated[str, typer.Argument(help="Player, e.g. mcts:100, alphabeta:4, solver.")],
    games: Annotated[
        int, typer.Option(min=2, help="Games, at most; each opening is played from both sides.")
    ] = 200,
    opening_plies: OpeningPliesOption = 4,
    sprt: Annotated[
        str | None,
        typer.Option(help="ELO0,ELO1: stop as soon as it is clear which of them is right."),
    ] = None,
    workers: WorkersOption = 0,
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let two players meet over paired openings."""
    prepare()
    settings = settings_from(config, flags(game, run_name, data_dir, assignments, seed))
    played, models = find(settings.run.game), FilesystemModels(run_paths(settings))
    zoo = partial(Zoo(zoo_folder(settings)).model, played.name)
    test = parse_sprt(sprt) if sprt is not None else None
    recipes = [recipe(parse(spec), models, zoo) for spec in (first, second)]
    match = Match(games, opening_plies, settings.run.seed, workers or cores(), test)
    with ProgressLine("arena", games, LOG) as line:
        outcome = contest(played, settings.search, recipes, match, score_on(line))
    if as_json:
        print_json({"first": first, "second": second, **outcome.as_dict()})
        return
    _tell(first, second, played.title, outcome)


def score_on(line: ProgressLine) -> Callable[[Score], None]:
    """Shows on `line` how a match stands."""

    def report(score: Score) -> None:
        line.show(score.games, f"{score.games} games, score {score.score:.1%}")

    return report


def _tell(first: str, second: str, title: str, outcome: Outcome) -> None:
    score = outcome.score
    low, high = score.interval
    paired_low, paired_high = score.paired_interval
    typer.echo(
        f"{first} against {second} in {score.games} games of {title}: {score.wins} won,"
        f" {score.draws} drawn, {score.losses} lost; score {score.score:.1%}"
        f" (95 % interval {low:.1%} to {high:.1%}; over {outcome.openings} different openings,"
        f" in pairs, {paired_low:.1%} to {paired_high:.1%})"
    )
    verdict = outcome.verdict
    if verdict is not None:
        typer.echo(
            f"H0 {verdict.elo0:g} Elo, H1 {verdict.elo1:g} Elo: log likelihood ratio"
            f" {verdict.llr:.2f} ({LOWER:.2f} to {UPPER:.2f}): {verdict.decision}"
        )


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
    models, zoo = FilesystemModels(run_paths(settings)), Zoo(zoo_folder(settings))
    chosen = player(who, played, models, settings.search, partial(zoo.model, played.name))
    solved = yardstick.read_positions(positions, played)
    rng = np.random.default_rng(settings.run.seed)
    found = yardstick.accuracy(chosen, solved, rng, quiet(played))
    if as_json:
        print_json({"player": who, **found})
        return
    for name, value in found.items():
        typer.echo(f"{name:20} {value}")


def tournament(
    players: Annotated[
        list[str] | None,
        typer.Argument(help="Players to add, e.g. greedy mcts:100 latest@100; random is there."),
    ] = None,
    games_per_pair: Annotated[
        int, typer.Option(min=2, help="Games of one meeting of two players, an even number.")
    ] = 20,
    rounds: Annotated[
        int,
        typer.Option(min=0, help="After all have met: so often as many meetings as players."),
    ] = 5,
    opening_plies: OpeningPliesOption = 4,
    workers: WorkersOption = 0,
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rate players against each other; continues the run's ladder (ratings.json)."""
    prepare()
    settings = settings_from(config, flags(game, run_name, data_dir, assignments, seed))
    played, paths = find(settings.run.game), run_paths(settings)
    create(paths)
    plan = Plan(games_per_pair, rounds, opening_plies, settings.run.seed, workers or cores())
    with ladder_lock(paths), ProgressLine("tournament", None, LOG) as line:
        models = FilesystemModels(paths)
        zoo = partial(Zoo(zoo_folder(settings)).model, played.name)
        entrants = Tournament(
            *(played, settings.search, models, paths.ratings, plan, games_on(line)),
            zoo=zoo,
            keep=partial(append_meeting, paths, "tournament"),
        )
        entrants.enter(players or [])
        ladder = entrants.run()
    if as_json:
        print_json(ladder.model_dump(mode="json"))
        return
    Console().print(_ranking(ladder, played.title))


def games_on(line: ProgressLine) -> Callable[[Ladder], None]:
    """Shows on `line` how many games a ladder has."""

    def report(ladder: Ladder) -> None:
        games = sum(entry.games for entry in ladder.players) // 2
        line.show(games, f"{len(ladder.players)} players, {games} games")

    return report


def _ranking(ladder: Ladder, title: str) -> Table:
    table = Table(title=f"{title}: Elo, random = 0, 95 % interval")
    for name in ("player", "Elo", "from", "to", "games"):
        table.add_column(name, justify="left" if name == "player" else "right")
    rated = [entry for entry in ladder.players if entry.rating is not None]
    for entry in sorted(rated, key=lambda entry: entry.rating or 0.0, reverse=True):
        numbers = (entry.rating, entry.low, entry.high)
        table.add_row(entry.spec, *(f"{number:.0f}" for number in numbers), str(entry.games))
    return table


def prepare() -> None:
    """Log to stderr, and end in order on SIGTERM: the processes that play must end too."""
    start_logging("actor")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
