"""`python -m web`: serve the page; `python -m web openapi`: print what it serves as a document."""

from __future__ import annotations

import json
import logging
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console
from rich.text import Text

from engine.cli import (
    ConfigOption,
    DataDirOption,
    GameOption,
    LogFormat,
    LogFormatOption,
    PresetOption,
    RunNameOption,
    SeedOption,
    SetOption,
    VersionOption,
    flags,
    run,
    settings_from,
    start_logging,
)
from engine.config import Settings
from engine.errors import BusyError
from storage.atomic import write_atomically
from web.app import create_app, openapi_document
from web.services import Services

log = logging.getLogger(__name__)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

HostOption = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]
PortOption = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 = any.")
]
FileArgument = Annotated[Path | None, typer.Argument(help="Where to write it; default: stdout.")]


@app.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    preset: PresetOption = None,
    seed: SeedOption = None,
    host: HostOption = None,
    port: PortOption = None,
    log_format: LogFormatOption = LogFormat.text,
    version: VersionOption = False,
) -> None:
    """Play against the agent and watch it learn, in the browser."""
    if context.invoked_subcommand is not None:
        return
    given = flags(
        game, run_name, data_dir, assignments, seed, preset, web__host=host, web__port=port
    )
    shared: dict[str, object] = {"--game": game, "--run-name": run_name, "--data-dir": data_dir}
    shared |= {
        "--config": config,
        "--seed": seed,
        "--log-format": log_format.value,
        "--preset": preset,
    }
    settings = settings_from(config, given)
    start_logging("web", log_format)
    serve_until_signal(settings, spelled(shared, assignments or []))


@app.command()
def openapi(file: FileArgument = None) -> None:
    """Write the OpenAPI document of the server; the types of the page are made from it."""
    text = json.dumps(openapi_document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if file is None:
        typer.echo(text, nl=False)
    else:
        write_atomically(file, text.encode())


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises BusyError naming address, cause and remedy."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        # Python repeats the address in a bracket behind the system's reason.
        reason = str(error.strerror or error).partition(" (while")[0]
        raise BusyError(
            f"cannot listen on {host} port {port}: {reason}; choose another with --host and --port"
        ) from None


def announce(listener: socket.socket) -> None:
    """Tell where the page is: in colour to a person, as a log line to anything else."""
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    console = Console(stderr=True)
    if console.is_terminal:
        shown = Text(address, style="bold cyan")
        console.print("Cartridge2 serves", shown, "(Ctrl-C ends it)", highlight=False)
    else:
        log.info("listening on %s", address)


def spelled(options: Mapping[str, object], assignments: Sequence[str]) -> list[str]:
    """The shared options as they were given, for the training processes of the same run."""
    given = [(name, str(value)) for name, value in options.items() if value is not None]
    given += [("--set", assignment) for assignment in assignments]
    return [word for pair in given for word in pair]


class Server(uvicorn.Server):
    """Tells the searches and the streams that the server ends, before it waits for them."""

    def __init__(self, config: uvicorn.Config, shared: Services) -> None:
        super().__init__(config)
        self._shared = shared

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End in order."""
        self._shared.end()
        await super().shutdown(sockets)


def serve_until_signal(settings: Settings, argv: Sequence[str]) -> None:
    """Serve until SIGTERM (exit code 0) or SIGINT (130)."""
    listener = listen(settings.web.host, settings.web.port)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    served = create_app(settings, argv)
    config = uvicorn.Config(
        served,
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=10,  # searches and streams end at once; a stuck client is cut off
    )
    announce(listener)
    # uvicorn ends in order and then raises the signal again, for the handlers set here.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        Server(config, served.state.services).run(sockets=[listener])
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


if __name__ == "__main__":
    run(app)
