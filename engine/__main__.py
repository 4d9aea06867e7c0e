"""`python -m engine`: the settings in force, the proof of the rules and their speed."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from engine.bench import bench
from engine.cli import (
    ConfigOption,
    DataDirOption,
    GameOption,
    JsonOption,
    RunNameOption,
    SeedOption,
    SetOption,
    flags,
    print_json,
    run,
    settings_from,
    start_logging,
)
from engine.errors import ConfigError
from engine.games import all_games, find
from engine.perft import perft
from engine.solver import Limits, solver_for
from engine.solver.positions import compare, read_positions
from engine.sources import provenance, render

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=__doc__
)


@app.command()
def settings(
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print every setting in force and where it comes from."""
    given = flags(game, run_name, data_dir, assignments, seed)
    read = settings_from(config, given).model_dump(mode="json")
    sources = provenance(given, config)
    if as_json:
        print_json(read)
        return
    table = Table("setting", "value", "from")
    for name, source in sources.items():
        section, key = name.split(".")
        table.add_row(name, str(read[section][key]), source)
    Console().print(table)


@app.command()
def template() -> None:
    """Print a configuration file that names every setting with its default."""
    typer.echo(render(), nl=False)


@app.command("perft")
def run_perft(depth: int = 6, game: GameOption = None, as_json: JsonOption = False) -> None:
    """Count the move sequences of a given length."""
    played = find(settings_from(None, flags(game)).run.game)
    began = time.perf_counter()
    count = perft(played, depth)
    seconds = time.perf_counter() - began
    if as_json:
        print_json({"game": played.name, "depth": depth, "count": count, "seconds": seconds})
        return
    typer.echo(f"{played.title}, depth {depth}: {count} sequences in {seconds:.2f} s")


@app.command("bench")
def run_bench(
    game: GameOption = None,
    seconds: Annotated[float, typer.Option(min=0.01, help="Length of one measurement.")] = 2.0,
    as_json: JsonOption = False,
) -> None:
    """Play random games on one core, beside OpenSpiel; without --game, of every game."""
    chosen = [find(game)] if game else list(all_games().values())
    rates = [bench(each, seconds) for each in chosen]
    if as_json:
        print_json({"games": {each.game: each.as_dict() for each in rates}})
        return
    table = Table("game", "plies a game", "plies/s", "games/s", "OpenSpiel games/s", "ratio")
    for each in rates:
        theirs, ratio = each.openspiel_playouts_per_s, each.openspiel_ratio
        table.add_row(
            each.game,
            f"{each.plies_per_game:.1f}",
            f"{each.plies_per_s:,.0f}",
            f"{each.playouts_per_s:,.0f}",
            f"{theirs:,.0f}" if theirs else "–",
            f"{ratio:,.0f}x" if ratio else "–",
        )
    Console().print(table)


@app.command()
def solve(
    game: GameOption = None,
    moves: Annotated[str, typer.Option(help="Actions from the start, e.g. 3,3,2.")] = "",
    positions: Annotated[
        Path | None, typer.Option(help="Solve every position of the game in this file instead.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.01, help="Most time for one position.")] = 60.0,
    nodes: Annotated[int | None, typer.Option(min=1, help="Most positions looked at.")] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the exact value of every legal action, or refuse; endgame tables go to DATA_DIR/tables.

    With --positions, compare with the values in the file; exit status 1 where they differ.
    """
    start_logging("engine")
    settings = settings_from(None, flags(game, None, data_dir))
    played = find(settings.run.game)
    tables = settings.storage.data_dir / "tables"
    solver = solver_for(played, Limits(nodes, seconds), tables)
    if positions is not None:
        agreement = asdict(compare(solver, read_positions(positions, played)))
        if as_json:
            print_json({"game": played.name, **agreement})
        else:
            typer.echo(f"{played.title}: " + ", ".join(f"{k} {v}" for k, v in agreement.items()))
        if agreement["agree"] < agreement["solved"]:
            raise typer.Exit(1)
        return
    found = solver.solve(played.replay(_actions(moves)))
    if as_json:
        print_json({"game": played.name, "outcome": found.outcome, **asdict(found)})
        return
    for action, value in found.values.items():
        typer.echo(f"{action:3}  {played.label(action):8} {value:+d}")
    typer.echo(f"{found.outcome}, {found.nodes} positions in {found.seconds:.2f} s")


def _actions(text: str) -> list[int]:
    try:
        return [int(action) for action in text.split(",") if text]
    except ValueError:
        raise ConfigError(f"--moves {text!r} is no list of actions such as 3,3,2") from None


if __name__ == "__main__":
    run(app)
