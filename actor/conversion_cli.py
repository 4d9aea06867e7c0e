"""`python -m actor convert`: how often a player wins won positions against exact play."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from actor.conversion import Exam
from actor.conversion import convert as play
from actor.matches_cli import WorkersOption, prepare
from actor.specs import parse, recipe
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
from engine.errors import ConfigError
from engine.games import find
from engine.solver import Limits
from engine.solver.positions import read_positions
from storage.layout import run_paths, zoo_folder
from storage.models.filesystem import FilesystemModels
from storage.zoo import Zoo

LOG = logging.getLogger(__name__)


def convert(
    positions: Annotated[
        Path, typer.Option(help="File of solved positions, all won for their mover.")
    ],
    who: Annotated[str, typer.Option("--player", help="Player, e.g. latest@800.")],
    seconds: Annotated[
        float, typer.Option(min=0.01, help="What one move of the exact player may take.")
    ] = 600.0,
    workers: WorkersOption = 0,
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Play on from won positions against the longest exact defence; only wins count."""
    prepare()
    settings = settings_from(config, flags(game, run_name, data_dir, assignments, seed))
    played, models = find(settings.run.game), FilesystemModels(run_paths(settings))
    zoo = partial(Zoo(zoo_folder(settings)).model, played.name)
    exam = Exam(
        played.name, recipe(parse(who), models, zoo), settings.search, Limits(seconds=seconds)
    )
    won = read_positions(positions, played)
    with ProgressLine("convert", len(won), LOG) as line:

        def report(done: int) -> None:
            line.show(done, f"{done} of {len(won)} games")

        try:
            found = play(exam, won, settings.run.seed, workers or cores(), report)
        except ValueError as error:
            raise ConfigError(f"{positions}: {error}") from None
    if as_json:
        print_json({"player": who, **found.as_dict()})
        return
    for name, value in found.as_dict().items():
        typer.echo(f"{name:10} {value}")
