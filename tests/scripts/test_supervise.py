"""scripts/supervise.py with stand-ins for the processes: how they live and die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.heed import heed_signals

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("actor", "trainer", "referee", "web")
HANG = 60  # seconds after which a test gives up; no test waits for it when all is well

STAND_IN = """
import json, os, pathlib, signal, sys
role = pathlib.Path(__file__).parent.name
if sys.argv[1:2] == ["referee"]:
    role = sys.argv.pop(1)
pathlib.Path(f"{role}.pid").write_text(str(os.getpid()))
behaviour = os.environ.get(role.upper(), "obedient")
def end(number, frame):
    if behaviour == "stubborn":
        print(role, "refuses", flush=True)
    else:
        print(role, "finishes", flush=True)
        sys.exit(0)
signal.signal(signal.SIGTERM, end)
print(role, "is up", json.dumps(sys.argv[1:]))  # not flushed: the supervisor must see to it
if behaviour.isdigit():
    sys.stdin.close()
    os.read(os.open("go", os.O_RDONLY), 1)
    sys.exit(int(behaviour))
if behaviour == "crash":
    os.read(os.open("go", os.O_RDONLY), 1)
    os.kill(os.getpid(), signal.SIGSEGV)
while True:
    signal.pause()
"""


class Supervised:
    """A running supervisor, and all that it has printed."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.printed = ""

    def read_until(self, *words: str) -> None:
        """Read lines until each of `words` was seen."""
        assert self.process.stdout
        while not all(word in self.printed for word in words):
            line = self.process.stdout.readline()
            assert line, f"it ended before it said {words}:\n{self.printed}"
            self.printed += line

    def ctrl_c(self) -> None:
        """What a terminal does: SIGINT to the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> int:
        """The return code, once it has ended."""
        rest, _ = self.process.communicate(timeout=HANG)
        self.printed += rest or ""
        return self.process.returncode

    def anybody_alive(self) -> list[str]:
        """The stand-ins that still run."""
        return [path.stem for path in self.folder.glob("*.pid") if _alive(int(path.read_text()))]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def stand_ins(tmp_path: Path) -> Path:
    for role in ROLES:
        if role == "referee":
            continue  # the actor's stand-in speaks for it
        (tmp_path / role).mkdir()
        (tmp_path / role / "__init__.py").touch()
        (tmp_path / role / "__main__.py").write_text(STAND_IN)
    os.mkfifo(tmp_path / "go")
    return tmp_path


@contextmanager
def supervised(folder: Path, *flags: str, **behaviours: str) -> Iterator[Supervised]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CARTRIDGE_")}
    environment = {**clean, **behaviours, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    process = subprocess.Popen(
        [sys.executable, ROOT / "scripts" / "supervise.py", *flags],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=heed_signals,  # noqa: PLW1509
    )
    it = Supervised(process, folder)
    try:
        with process:
            try:
                yield it
            except BaseException:
                process.kill()  # or a failed test would wait for it for ever
                raise
    finally:
        for path in folder.glob("*.pid"):
            if _alive(int(path.read_text())):
                os.killpg(int(path.read_text()), signal.SIGKILL)
        process.kill()


UP = tuple(f"{role} is up" for role in ROLES)


def test_ctrl_c_lets_all_finish(stand_ins: Path) -> None:
    with supervised(stand_ins) as it:
        it.read_until(*UP)
        it.ctrl_c()
        assert it.end() == 128 + signal.SIGINT, it.printed
        assert all(f"{role} finishes" in it.printed for role in ROLES), it.printed
        assert it.anybody_alive() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_sigterm_and_hang_up_end_in_order(stand_ins: Path, number: signal.Signals) -> None:
    with supervised(stand_ins) as it:
        it.read_until(*UP)
        it.process.send_signal(number)
        assert it.end() == 0, it.printed
        assert all(f"{role} finishes" in it.printed for role in ROLES), it.printed


@pytest.mark.parametrize(("role", "behaviour", "code"), [
    ("trainer", "3", 3), ("actor", "0", 0), ("referee", "1", 1),
    ("web", "crash", 128 + signal.SIGSEGV),
])  # fmt: skip
def test_whoever_ends_ends_the_others(
    stand_ins: Path, role: str, behaviour: str, code: int
) -> None:
    with supervised(stand_ins, **{role.upper(): behaviour}) as it:
        it.read_until(*UP)
        (stand_ins / "go").write_text("!")
        assert it.end() == code, it.printed
        others = [other for other in ROLES if other != role]
        assert all(f"{other} finishes" in it.printed for other in others), it.printed
        assert it.anybody_alive() == []


def test_a_second_ctrl_c_kills(stand_ins: Path) -> None:
    stubborn = dict.fromkeys(map(str.upper, ROLES), "stubborn")
    with supervised(stand_ins, **stubborn) as it:
        it.read_until(*UP)
        it.ctrl_c()
        it.read_until(*(f"{role} refuses" for role in ROLES))
        it.ctrl_c()
        assert it.end() == 128 + signal.SIGINT, it.printed
        assert it.anybody_alive() == []


def test_a_signal_before_the_children_are_there(stand_ins: Path) -> None:
    with supervised(stand_ins) as it:
        it.read_until("The page: ")
        it.ctrl_c()
        assert it.end() == 128 + signal.SIGINT, it.printed
        assert "Traceback" not in it.printed
        assert it.anybody_alive() == []


def test_a_terminal_that_is_gone_ends_all(stand_ins: Path) -> None:
    with supervised(stand_ins, TRAINER="3") as it:
        it.read_until(*UP)
        assert it.process.stdout
        it.process.stdout.close()
        (stand_ins / "go").write_text("!")  # its end is a line that nobody can read
        assert it.process.wait(HANG) in (0, 3)
        assert it.anybody_alive() == []


def test_flags_arrive_as_they_were_given(stand_ins: Path) -> None:
    flags = [
        "--game",
        "connect4",
        "--data-dir",
        "two words; $HOME 'quoted'",
        "--set",
        "web.port=81",
    ]
    with supervised(stand_ins, *flags) as it:
        it.read_until(*UP)
        it.ctrl_c()
        it.end()
        assert it.printed.count(json.dumps(flags)) == len(ROLES), it.printed
        assert "http://localhost:81 " in it.printed


def test_a_wrong_setting_starts_nothing(stand_ins: Path) -> None:
    with supervised(stand_ins, "--set", "search.simulation=1") as it:
        assert it.end() == 2
        assert "error: unknown setting search.simulation" in it.printed
        assert not list(stand_ins.glob("*.pid"))
