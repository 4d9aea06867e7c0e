"""`python -m engine`: the settings in force, and the proof of the rules."""

from __future__ import annotations

import time

import typer
from rich.console import Console
from rich.table import Table

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
)
from engine.games import find
from engine.perft import perft
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


if __name__ == "__main__":
    run(app)
