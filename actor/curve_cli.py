"""`python -m actor curve`: measure the snapshots of a run and draw how they got better."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from actor.curve import Measured, Question, drawing, measure
from engine.cli import (
    ConfigOption,
    DataDirOption,
    GameOption,
    ProgressLine,
    RunNameOption,
    SetOption,
    cores,
    flags,
    settings_from,
    start_logging,
)
from engine.errors import ConfigError
from engine.games import find
from storage.atomic import explain, write_atomically
from storage.layout import run_paths
from storage.models.filesystem import FilesystemModels

LOG = logging.getLogger(__name__)


def curve(
    positions: Annotated[
        Path, typer.Option(help="File of solved positions, one JSON object a line.")
    ],
    simulations: Annotated[
        str, typer.Option(help="Numbers of simulations, with commas; 0 = the policy alone.")
    ] = "0,100,800",
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write: this with .json and .svg; the run's folder otherwise."),
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 = one per core.")] = 0,
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
) -> None:
    """Measure every kept snapshot on solved positions; write a table and a drawing."""
    start_logging("actor")
    settings = settings_from(config, flags(game, run_name, data_dir, assignments))
    numbers, paths = _numbers(simulations), run_paths(settings)
    models = FilesystemModels(paths)
    question = Question(settings.run.game, settings.search, positions)
    points: list[Measured] = []
    with ProgressLine("curve", None, LOG) as line:
        for point in measure(question, paths, models, numbers, workers or cores()):
            points.append(point)
            line.show(len(points), f"step {point.step}: {point.wdl_optimal:.1%}")
    title = (
        f"{find(settings.run.game).title}: share of moves that lose the result, {positions.name}"
    )
    target = out or paths.curve
    facts = {"game": settings.run.game, "run": settings.run_name, "positions": positions.name}
    _write(target, {**facts, "points": [asdict(p) for p in points]}, drawing(title, points))
    typer.echo(f"{len(points)} measurements in {target}.json, drawn in {target}.svg")


def _numbers(text: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = [-1]
    if min(numbers) < 0:
        raise ConfigError(f"--simulations {text!r} are no numbers; write e.g. 0,100,800")
    return sorted(set(numbers))


def _write(target: Path, table: dict[str, object], svg: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain(f"cannot make the folder {target.parent}", error) from None
    # A name may hold a dot (step.v2), so nothing is taken for an ending and replaced.
    write_atomically(
        target.with_name(f"{target.name}.json"), (json.dumps(table, indent=1)).encode()
    )
    write_atomically(target.with_name(f"{target.name}.svg"), svg.encode())
