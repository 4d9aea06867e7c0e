"""What the command lines of actor, trainer and web share: options, settings, errors, logging."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from engine.config import Settings
from engine.errors import CartridgeError
from engine.presets import PRESETS, preset
from engine.sources import load, merge, parse_assignment

REPORT_SECONDS = 5.0
"""Between two lines of progress where there is no terminal."""

GameOption = Annotated[
    str | None, typer.Option("--game", "--env-id", help="The game to train and to serve.")
]
RunNameOption = Annotated[
    str | None, typer.Option("--run-name", help="Folder of the run; default: the game's name.")
]
DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder that holds all runs.")
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="Configuration file (TOML).")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Any setting: section.key=value, repeatable.")
]
PresetOption = Annotated[
    str | None,
    typer.Option(
        "--preset",
        help=" ".join(f"{name}: {it.description}" for name, it in PRESETS.items()),
    ),
]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Seed of all randomness.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def package_version() -> str:
    """The version of the installed distribution."""
    try:
        return version("cartridge2")
    except PackageNotFoundError:
        return "not installed"


def show_version(wanted: bool) -> None:
    """Callback of --version."""
    if wanted:
        typer.echo(package_version())
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
]


def flags(
    game: str | None = None,
    run_name: str | None = None,
    data_dir: Path | None = None,
    assignments: list[str] | None = None,
    seed: int | None = None,
    preset_name: str | None = None,
    **extra: Any,
) -> dict[str, dict[str, Any]]:
    """Overrides from flags; `extra` holds `section__key=value`, None meaning not given.

    The other flags win over those that a preset stands for. Raises ConfigError.
    """
    given = merge(preset(preset_name).settings) if preset_name else {}
    for text in assignments or []:
        section, key, value = parse_assignment(text)
        given.setdefault(section, {})[key] = value
    named = {
        "run__game": game,
        "run__name": run_name,
        "run__seed": seed,
        "storage__data_dir": data_dir,
    }
    for name, value in {**named, **extra}.items():
        if value is not None:
            section, key = name.split("__")
            given = merge(given, {section: {key: value}})
    return given


def settings_from(config: Path | None, given: dict[str, dict[str, Any]]) -> Settings:
    """Read the settings; raises ConfigError."""
    return load(given, config)


class LogFormat(StrEnum):
    """How log lines look."""

    text = "text"
    json = "json"


LogFormatOption = Annotated[LogFormat, typer.Option("--log-format", help="Shape of log lines.")]


PACKAGES = ("__main__", "engine", "storage", "actor", "trainer", "web")
"""Whose log lines are shown below a warning."""


def start_logging(role: str, shape: LogFormat = LogFormat.text) -> None:
    """One line per event on stderr: time, role, message; or one JSON object per line."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(role, shape))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in PACKAGES:
        logging.getLogger(name).setLevel(logging.INFO)  # the libraries stay quiet


class _Formatter(logging.Formatter):
    def __init__(self, role: str, shape: LogFormat) -> None:
        super().__init__()
        self._role = role
        self._shape = shape

    def format(self, record: logging.LogRecord) -> str:
        level = record.levelname.lower()
        message = record.getMessage()
        if record.exc_info:
            message = f"{message}\n{self.formatException(record.exc_info)}"
        if self._shape is LogFormat.json:
            entry = {"at": record.created, "role": self._role, "level": level, "message": message}
            return json.dumps(entry)
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        return f"{clock} {self._role} {'' if level == 'info' else level + ': '}{message}"


class ProgressLine:
    """How far something is: a bar on a terminal, a log line every few seconds otherwise."""

    def __init__(self, title: str, total: int | None, log: logging.Logger) -> None:
        self._log = log
        self._last = time.monotonic()
        self._progress = Progress(
            TextColumn(title),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task("starting", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._progress.stop()

    def show(self, completed: int, text: str) -> None:
        """Tell where it is: `completed` of the total, and `text` in words."""
        self._progress.update(self._task, completed=completed, description=text)
        now = time.monotonic()
        if self._progress.disable and now - self._last >= REPORT_SECONDS:
            self._last = now
            self._log.info(text)


def print_json(value: object) -> None:
    """Print one JSON document on stdout."""
    typer.echo(json.dumps(value))


def stop_on_signals(*, second_kills: bool = True) -> Callable[[], bool]:
    """A function that tells whether SIGTERM or SIGINT has arrived; a second one kills at once."""
    received: list[int] = []

    def note(signum: int, frame: object) -> None:
        received.append(signum)
        if second_kills:
            signal.signal(signum, signal.SIG_DFL)

    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, note)
    return lambda: bool(received)


def run(app: typer.Typer) -> None:
    """Run a command line; a CartridgeError becomes one line on stderr and its exit code."""
    try:
        app()
    except CartridgeError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
