"""Runs actor, trainer, referee and web side by side: one terminal, one Ctrl-C, one fate.

Whatever ends first, or a signal, ends the others: they get SIGTERM and `GRACE` seconds to finish
their game or write their checkpoint; a second Ctrl-C kills at once. The return code is that of the
process that ended first, 130 after Ctrl-C and 0 after SIGTERM. Every flag goes to all of them.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from types import FrameType

import honcho.manager
import typer
from honcho.printer import Message, Printer

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
)

ROLES = {"actor": "actor", "trainer": "trainer", "referee": "actor referee", "web": "web"}
"""The processes by name, and what is run as `python -m …`."""
GRACE = 30
"""Seconds between SIGTERM and SIGKILL, counted from the first process that has stopped."""

honcho.manager.KILL_WAIT = GRACE  # 5 s could cut off a checkpoint

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Screen(Printer):
    """Prints the lines of all; when the terminal is gone, everything stops in order."""

    def write(self, message: Message) -> None:
        """Print one line behind the name of its process."""
        try:
            super().write(message)
        except RuntimeError:
            pass  # a signal came in the middle of a line: Python refuses a print inside a print
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            os.kill(os.getpid(), signal.SIGTERM)


class Crew(honcho.manager.Manager):
    """honcho's manager that also withstands haste: a signal at start-up, and a second one."""

    def __init__(self) -> None:
        super().__init__(Screen(sys.stdout, time_format=""))
        self._owner = os.getpid()

    def terminate(self) -> None:
        """Ask all to finish; from now on a signal kills."""
        if os.getpid() != self._owner:
            return  # a forked wrapper that still has our handlers
        if not self._all_started():  # honcho cannot signal a child before it has heard its pid
            signal.signal(signal.SIGALRM, lambda number, frame: self.terminate())
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, frame: self.kill())
        super().terminate()


def _hang_up(number: int, frame: FrameType | None) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@app.command()
def main(
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    preset: PresetOption = None,
    seed: SeedOption = None,
    log_format: LogFormatOption = LogFormat.text,
    version: VersionOption = False,
) -> None:
    """Play, learn, judge and show the page, all at once. With actor, trainer, referee or web as the
    first word, start_training.sh runs that process alone."""
    web = settings_from(config, flags(game, run_name, data_dir, assignments, seed, preset)).web
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # not under nohup
        signal.signal(signal.SIGHUP, _hang_up)
    crew = Crew()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    for role, module in ROLES.items():
        command = shlex.join([sys.executable, "-m", *module.split(), *sys.argv[1:]])
        crew.add_process(role, f"exec {command}", env=environment)
    host = "localhost" if web.host in ("127.0.0.1", "0.0.0.0", "::", "::1") else web.host
    page = f"The page: http://{host}:{web.port}" if web.port else "The page is where web says"
    print(f"{page}   (Ctrl-C stops everything)", flush=True)
    crew.loop()
    code = crew.returncode
    if code == 128 + signal.SIGTERM:
        code = 0
    raise typer.Exit(code if code >= 0 else 128 - code)  # below 0: a signal ended the child


if __name__ == "__main__":
    sys.argv[0] = "start_training.sh"  # the name to show in its help
    run(app)
