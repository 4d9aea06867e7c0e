"""`python -m actor zoo`: measure the model of a run and put it into the zoo with its card."""

from __future__ import annotations

import logging
import shlex
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from actor.contest import Match
from actor.matches_cli import OpeningPliesOption, WorkersOption, games_on, prepare, score_on
from actor.tournament import Plan
from actor.yardstick import SETS
from actor.zoo import (
    REACH,
    Candidate,
    candidate,
    card_of,
    in_words,
    measure_accuracy,
    play_match,
    rate_levels,
    training,
)
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
)
from engine.machine import machine
from storage.layout import create, make_writable, run_paths, zoo_folder
from storage.lock import levels_lock
from storage.zoo import Accuracy, Card, Exhibit, MatchResult, Measurement, Zoo

LOG = logging.getLogger(__name__)


def zoo(
    positions: Annotated[
        list[Path] | None,
        typer.Option(help="File of solved positions, repeatable; default: the run's yardstick."),
    ] = None,
    simulations: Annotated[
        list[int] | None,
        typer.Option(min=0, help="For each file, repeatable; default: 0, 100, 800."),
    ] = None,
    opponent: Annotated[
        list[str] | None,
        typer.Option(help="For a match, repeatable; default: mcts:800, alphabeta:4."),
    ] = None,
    games: Annotated[int, typer.Option(min=2, help="Games of such a match, even.")] = 60,
    games_per_pair: Annotated[
        int, typer.Option(min=2, help="Games of one meeting of two levels, even.")
    ] = 20,
    rounds: Annotated[int, typer.Option(min=0, help="As of actor tournament.")] = 3,
    match_simulations: Annotated[int, typer.Option(min=0, help="Of the model in matches.")] = 200,
    opening_plies: OpeningPliesOption = 4,
    model: Annotated[
        str | None, typer.Option(help="best, latest or step_004000; default: best, else latest.")
    ] = None,
    command: Annotated[
        list[str] | None,
        typer.Option(help="What trained it, repeatable; default: as the run tells."),
    ] = None,
    compute: Annotated[
        str | None, typer.Option(help="What it was trained on; default: as the run tells.")
    ] = None,
    note: Annotated[str, typer.Option(help="A sentence for the card.")] = "",
    workers: WorkersOption = 0,
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a run's model, rate its levels, write zoo/<game>.onnx and its card.

    Interrupted, it goes on with the games that were played; called again, it plays further rounds.
    """
    prepare()
    began = time.monotonic()
    settings = settings_from(config, flags(game, run_name, data_dir, assignments, seed))
    paths, folder = run_paths(settings), Zoo(zoo_folder(settings))
    create(paths)
    # What may be refused is asked for before a game is played.
    for place in (folder.folder, paths.levels_lock.parent):
        make_writable(place)
    chosen = candidate(settings, paths, model)
    made = training(paths, chosen.known.step, command or [], compute, note)
    sets = (paths.yardstick(name) for name in SETS)
    yardstick = [path for path in sets if path.is_file() and path.stat().st_size]
    exam = _Exam(
        files=positions or yardstick,
        simulations=simulations or [0, 100, 800],
        opponents=opponent or ["mcts:800", "alphabeta:4"],
        ours=match_simulations,
        match=Match(games, opening_plies, settings.run.seed, workers or cores()),
    )
    plan = Plan(
        games_per_pair, rounds, opening_plies, settings.run.seed, workers or cores(), reach=REACH
    )
    with levels_lock(paths), ProgressLine("levels", None, LOG) as line:
        levels, anchors = rate_levels(chosen, paths, plan, games_on(line))
    accuracy, matches = exam.accuracy(chosen), exam.matches(chosen)
    card = card_of(
        chosen,
        training=made,
        measurement=Measurement(
            command=shlex.join(["python", "-m", "actor", *sys.argv[1:]]),
            date=in_words(time.time()),
            seconds=round(time.monotonic() - began, 1),
            compute=machine(),
            opening_plies=opening_plies,
            seed=settings.run.seed,
        ),
        accuracy=accuracy,
        matches=matches,
        anchors=anchors,
        levels=levels,
    )
    folder.add(Exhibit(chosen.data, card))
    if as_json:
        print_json(card.model_dump(mode="json"))
        return
    _tell(card, folder.model_path(card.game))


@dataclass(frozen=True)
class _Exam:
    """The matches and the sets of positions of a card."""

    files: list[Path]
    simulations: list[int]
    opponents: list[str]
    ours: int
    match: Match

    def accuracy(self, chosen: Candidate) -> list[Accuracy]:
        found: list[Accuracy] = []
        with ProgressLine("accuracy", len(self.files) * len(self.simulations), LOG) as line:
            for file in self.files:
                for simulations in self.simulations:
                    line.show(len(found), f"{file.stem} with {simulations} simulations")
                    found.append(measure_accuracy(chosen, file, simulations))
        return found

    def matches(self, chosen: Candidate) -> list[MatchResult]:
        found = []
        for opponent in self.opponents:
            with ProgressLine(opponent, self.match.games, LOG) as line:
                report = score_on(line)
                found.append(play_match(chosen, opponent, self.ours, self.match, report))
        return found


def _tell(card: Card, path: Path) -> None:
    table = Table(title=f"{card.game}, step {card.step}: Elo, random = 0, 95 % interval")
    for name in ("level", "simulations", "temperature", "Elo", "from", "to"):
        table.add_column(name, justify="left" if name == "level" else "right")
    for level in card.levels:
        rating = [
            f"{number:.0f}"
            for number in (level.rating, level.low, level.high)
            if number is not None
        ]
        table.add_row(level.title, str(level.simulations), f"{level.temperature:g}", *rating)
    Console().print(table)
    for part in card.accuracy:
        low, high = part.wdl_interval
        typer.echo(
            f"{part.positions}, {part.simulations} simulations: {part.wdl_optimal:.1%} of"
            f" {part.count} hold (95 % interval {low:.1%} to {high:.1%})"
        )
    for result in card.matches:
        low, high = result.paired_interval
        typer.echo(
            f"{result.player} - {result.opponent}: {result.wins} won, {result.draws} drawn,"
            f" {result.losses} lost ({low:.1%} to {high:.1%})"
        )
    typer.echo(f"written: {path} and its card")
