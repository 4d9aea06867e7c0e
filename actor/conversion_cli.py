"""`python -m actor convert`: how often a player wins won positions against exact play."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from actor.conversion import convert as play
from actor.specs import player
from engine.cli import (
    ConfigOption,
    DataDirOption,
    GameOption,
    JsonOption,
    ProgressLine,
    RunNameOption,
    SeedOption,
    SetOption,
    flags,
    print_json,
    settings_from,
    start_logging,
)
from engine.errors import ConfigError
from engine.games import find
from engine.solver import Limits, solver_for
from engine.solver.positions import read_positions
from storage.layout import run_paths
from storage.models.filesystem import FilesystemModels

LOG = logging.getLogger(__name__)


def convert(
    positions: Annotated[
        Path, typer.Option(help="File of solved positions, all won for their mover.")
    ],
    who: Annotated[str, typer.Option("--player", help="Player, e.g. latest@800.")],
    seconds: Annotated[
        float, typer.Option(min=0.01, help="What one move of the exact player may take.")
    ] = 600.0,
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Play on from won positions against the longest exact defence; only wins count."""
    start_logging("actor")
    settings = settings_from(config, flags(game, run_name, data_dir, assignments, seed))
    played = find(settings.run.game)
    chosen = player(who, played, FilesystemModels(run_paths(settings)), settings.search)
    won = read_positions(positions, played)
    solver = solver_for(played, Limits(seconds=seconds))
    rng = np.random.default_rng(settings.run.seed)
    with ProgressLine("convert", len(won), LOG) as line:
        try:
            found = play(
                played, chosen, solver, won, rng, lambda n: line.show(n, f"{n} of {len(won)} games")
            )
        except ValueError as error:
            raise ConfigError(f"{positions}: {error}") from None
    if as_json:
        print_json({"player": who, **found.as_dict()})
        return
    for name, value in found.as_dict().items():
        typer.echo(f"{name:10} {value}")
