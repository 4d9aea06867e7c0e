"""Starting and stopping the training of the server's run.

Training is paused and resumed through control.json, so it does not matter who started its
processes. What is missing when the person says "start" is started as a child of the server; the
server ends its own children and no other process.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Sequence
from threading import Lock
from typing import Literal

from engine.config import Settings
from storage.control import is_paused, set_paused
from storage.layout import RunPaths, create, run_paths
from storage.stats import heartbeats

log = logging.getLogger(__name__)

State = Literal["running", "paused", "stopped"]

ROLES = {"actor": ["actor"], "trainer": ["trainer"], "referee": ["actor", "referee"]}
"""How each process is started, `python -m …`; its heartbeats begin with the name."""

GRACE_SECONDS = 30.0
"""What a child may need to finish its games and write its checkpoint."""


class Training:
    """The processes of one run: those that beat, and those that this server started."""

    def __init__(self, settings: Settings, argv: Sequence[str] | None = None) -> None:
        self._paths = run_paths(settings)
        self.options = list(_same_run(settings) if argv is None else argv)
        """What the processes are started with from now on."""
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._ending: list[subprocess.Popen[bytes]] = []
        self._command = Lock()  # one command at a time; it may wait for a child to end
        self._table = Lock()  # guards the children, never held for long: /stats needs it

    def state(self) -> State:
        """What the run does: alive and working, alive and paused, or nobody there."""
        with self._table:
            return self._state()

    @property
    def has_children(self) -> bool:
        """Whether processes work that this server has started, and has not told to end."""
        with self._table:
            self._reap()
            return bool(self._children)

    def settle(self) -> None:
        """Return when all that were told to end have ended."""
        with self._command:
            self._await_ending()

    def start(self) -> tuple[State, str]:
        """Resume, and start what does not run yet."""
        with self._command:
            self._await_ending()  # else their last heartbeats would pass for running processes
            create(self._paths)
            set_paused(self._paths, False)
            with self._table:
                missing = [role for role in ROLES if not self._runs(role)]
                for role in missing:
                    self._spawn(role)
                what = f"started {_spoken(missing)}" if missing else "training goes on"
                return self._state(), what

    def stop(self) -> tuple[State, str]:
        """Pause whoever trains this run, and ask this server's own children to end."""
        with self._command, self._table:
            create(self._paths)
            set_paused(self._paths, True)
            ended = self._terminate()
            what = f"paused, {_spoken(ended)} will end" if ended else "paused"
            return self._state(), what

    def close(self) -> None:
        """End this server's own children: SIGTERM, and SIGKILL for who is not gone in time."""
        with self._command:
            with self._table:
                self._terminate()
            self._await_ending()

    def _state(self) -> State:
        self._reap()
        return state_of(self._paths, bool(self._children))

    def _runs(self, role: str) -> bool:
        self._reap()
        beats = heartbeats(self._paths)
        return role in self._children or any(b.alive and b.name.startswith(role) for b in beats)

    def _spawn(self, role: str) -> None:
        # Output goes where the server's own goes: one place to read what happened.
        command = [sys.executable, "-m", *ROLES[role], *self.options]
        self._children[role] = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        log.info("started %s (pid %d)", role, self._children[role].pid)

    def _reap(self) -> None:
        over = False
        for role, child in list(self._children.items()):
            if child.poll() is not None:
                log.warning("%s (pid %d) ended with %s", role, child.pid, child.returncode)
                del self._children[role]
                over |= role == "trainer" and child.returncode == 0
        if over:  # the time of the run, or somebody's patience: nobody learns from more games
            self._end_children()
        for child in tuple(self._ending):
            child.poll()

    def _terminate(self) -> list[str]:
        self._reap()
        return self._end_children()

    def _end_children(self) -> list[str]:
        roles = list(self._children)
        for child in self._children.values():
            child.terminate()
        self._ending += self._children.values()
        self._children.clear()
        return roles

    def _await_ending(self) -> None:
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self._ending:
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("pid %d is not gone after %g s, killing it", child.pid, GRACE_SECONDS)
                child.kill()
                child.wait()
        self._ending.clear()


def state_of(paths: RunPaths, started: bool = False) -> State:
    """What a run does; `started`: there are processes of it that may not beat yet."""
    # Who judges does not train.
    beating = any(b.alive and b.name != "referee" for b in heartbeats(paths))
    if not (beating or started):
        return "stopped"
    return "paused" if is_paused(paths) else "running"


def _spoken(roles: Sequence[str]) -> str:
    return " and ".join([", ".join(roles[:-1]), roles[-1]] if len(roles) > 1 else roles)


def _same_run(settings: Settings) -> list[str]:
    """The options that name the server's run, for a server that was given none."""
    data_dir = str(settings.storage.data_dir)
    run = settings.run
    return ["--game", run.game, "--run-name", settings.run_name, "--data-dir", data_dir]
