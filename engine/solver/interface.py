"""What every solver offers: `solve(state) -> Solution`, exact or refused, never a guess."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import FinishedGame, ImpossibleState, OutOfReach
from engine.game import Game, State

Answer = TypeVar("Answer")

Control = NDArray[np.int64]
"""`int64[3]` shared with a running kernel: positions visited, most positions allowed, stop flag."""

VISITED, ALLOWED, STOP = 0, 1, 2


@dataclass(frozen=True)
class Limits:
    """How much one call of `solve` may cost; beyond it the answer is OutOfReach.

    `nodes` are positions looked at, None for as many as the solver itself allows.
    """

    nodes: int | None = None
    seconds: float = 60.0


@dataclass(frozen=True)
class Solution:
    """The exact result of every legal action, for the player to move.

    `values` counts as the game does: Connect 4 gives 22 minus the stones that the winner has on
    the board when he wins, negative for a loss; the others give the final margin. `nodes` and
    `seconds` say what it took.
    """

    values: dict[int, int]
    nodes: int = field(default=0, compare=False)
    seconds: float = field(default=0.0, compare=False)

    @property
    def value(self) -> int:
        """The value of the position: that of its best actions."""
        return max(self.values.values())

    @property
    def outcome(self) -> Literal["win", "draw", "loss"]:
        """The class of the position for its mover."""
        return "win" if self.value > 0 else "loss" if self.value < 0 else "draw"

    @property
    def best(self) -> tuple[int, ...]:
        """The actions that have the best value, ascending."""
        return tuple(action for action, value in self.values.items() if value == self.value)


class Solver(ABC):
    """Exact play of one game; safe to share between threads, which then take turns.

    `tables` is the folder that holds endgame tables, None for none: a table makes answers faster
    and never different.
    """

    reach = "every position that the limits allow"
    most_nodes = 10_000_000_000
    """Positions looked at for one answer where the limits name no number."""

    def __init__(
        self, game: Game, limits: Limits | None = None, tables: Path | None = None
    ) -> None:
        self.game = game
        self.limits = limits or Limits()
        self.nodes = self.limits.nodes or self.most_nodes
        self.tables = tables
        self._lock = threading.Lock()

    def solve(self, state: State, seconds: float | None = None) -> Solution:
        """The exact result of every legal action of `state uint64[W]`.

        `seconds` stand in for those of the limits, for this position alone.

        Raises ImpossibleState for a state that no game reaches (as far as this can be told),
        FinishedGame where nobody is to move, and OutOfReach beyond `limits`.
        """
        values, nodes, needed = self._within_limits(self.values, state, seconds)
        return Solution(values, nodes, needed)

    def best(self, state: State, seconds: float | None = None) -> tuple[int, ...]:
        """The actions of `state` that have its best value, ascending: those of `solve(state).best`.

        What the others are worth is left open, which may be many times as fast. Raises what `solve`
        raises.
        """
        return self._within_limits(self.best_actions, state, seconds)[0]

    def _within_limits(
        self, ask: Callable[[State, Control], Answer | None], state: State, seconds: float | None
    ) -> tuple[Answer, int, float]:
        """What `ask` finds, the positions it looked at and the seconds it took."""
        self._check(state)
        if self.game.is_over(state):
            raise FinishedGame(f"{self.game.title} is over, no action: {self.describe(state)}")
        began = time.perf_counter()
        control = np.array([0, self.nodes, 0], np.int64)
        allowed = self.limits.seconds if seconds is None else seconds
        with self._lock:
            self.prepare()
            with self._deadline(control, allowed):
                found = ask(state, control)
        if found is None:
            raise OutOfReach(
                f"{self.game.title}: not solved within {self.nodes} positions and"
                f" {allowed:g} s; in reach: {self.reach}: {self.describe(state)}"
            )
        return found, int(control[VISITED]), time.perf_counter() - began

    def _check(self, state: object) -> None:
        words = self.game.words
        if not isinstance(state, np.ndarray) or state.dtype != np.uint64 or state.shape != (words,):
            raise ImpossibleState(f"{self.game.title}: a state is uint64[{words}], not {state!r}")
        fault = self.fault(state)
        if fault is not None:
            raise ImpossibleState(f"{self.game.title}: {fault}: {self.describe(state)}")

    def fault(self, state: State) -> str | None:
        """Why no game reaches `state`, or None where nothing speaks against it."""
        return None

    def near(self, state: State) -> bool:
        """Whether a second may be enough: a rule of thumb that spares a search in vain."""
        return True

    def words(self, state: State, value: int) -> str:
        """A value that `solve` found in `state`, said for its mover: "win by 4", "draw", "loss"."""
        by = f" by {abs(value)}" if abs(value) > 1 else ""
        return f"win{by}" if value > 0 else f"loss{by}" if value < 0 else "draw"

    def prepare(self) -> None:
        """Make or read what every search needs; the time that takes is not counted."""
        return

    @abstractmethod
    def values(self, state: State, control: Control) -> dict[int, int] | None:
        """The exact value of each legal action, or None once `control` forbids to go on."""

    def best_actions(self, state: State, control: Control) -> tuple[int, ...] | None:
        """The actions with the best value, ascending, or None once `control` forbids to go on."""
        values = self.values(state, control)
        return None if values is None else Solution(values).best

    def describe(self, state: State) -> str:
        """The position for an error message: the board where it can be drawn, and the words."""
        words = " ".join(f"{int(word):#x}" for word in state)
        try:
            return f"{self.game.text(state)} (words {words})"
        except (ValueError, IndexError, OverflowError):  # nonsense need not be drawable
            return f"words {words}"

    @contextmanager
    def _deadline(self, control: Control, seconds: float) -> Iterator[None]:
        # A kernel cannot read a clock; it runs without the interpreter's lock and sees this flag.
        def stop() -> None:
            control[STOP] = 1

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
