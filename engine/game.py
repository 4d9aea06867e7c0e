"""The game contract: scalar rules, a plain-Python presentation, and the laws that bind both.

A state is one row `uint64[W]`, opaque outside its game. The rules are `@njit` functions without
allocation, exceptions or strings, six that every game writes and one that it may:

    start(state)                    write the first position into the row
    legal(state, actions) -> n      write the legal actions, ascending, into actions[:n]; return n
    play(state, action)             advance the row in place; the action must be legal
    mover(state) -> 0 | 1           the player to move; any fixed player once the game is over
    result(state) -> margin         for player 0 (> 0 won, 0 drawn, < 0 lost), or ONGOING
    observe(state, planes)          write the mover's view into planes[C, H, W], own pieces first
    canonical(state, key) -> s      write into another row the state that stands for all which the
                                    network cannot tell apart from this one; return its symmetry

`canonical` lets such states share one evaluation. `state` is not over; `key` is a state that the
other rules accept, reachable or not. It is one fixed image, say the least, among those of `state`
under the symmetries, with the players exchanged so that player 0 moves unless the planes tell the
sides apart. With new[i] = old[permutation[i]], as everywhere, and s an index into
`game.symmetries`:

    observe(key) == observe(state)[:, symmetries[s].cells]
    legal(key)   == {i : symmetries[s].actions[i] is legal in state}

A game that writes none keeps every state apart: its key is the state, its symmetry is 0, for the
first symmetry of every game is the identity.

Laws, executed by tests/laws.py on every game in the folder:

    1.  not over => at least one legal action; over => none
    2.  legal actions are distinct, ascending and within 0 <= a < game.actions
    3.  play is deterministic and touches its own row alone
    4.  every game ends within game.max_plies, and its result is never ONGOING again
    5.  planes are finite and fully overwritten; swapping the players swaps own and opponent
    6.  a symmetry commutes with legal, play, observe and result (also one that moves the start)
    7.  jitted and un-jitted rules agree
    8.  cells, label and clicks describe every reachable state and every legal action
    9.  the preset names existing settings with valid values
    10. `canonical` leaves the state alone and obeys the two equations above; a key is its own key;
        a game played on from the key is the game played on from the state, for the mover; and
        where a game writes `canonical`, states have equal keys if and only if they have equal
        planes and legal actions through some symmetry

A result has one meaning everywhere: the margin for player 0. `value_for` is the only function that
turns it into a value for somebody.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.errors import FinishedGame, IllegalAction
from engine.symmetry import Symmetry

State = NDArray[np.uint64]
"""One position, `uint64[W]`."""

ONGOING = -128
"""What `result` returns while the game goes on; no margin is that low."""


@njit(cache=True, inline="always")
def value_for(result: int, player: int) -> float:
    """The value in {-1, 0, 1} of a final `result` for `player`; no other place reads its sign."""
    sign = 1.0 if result > 0 else (-1.0 if result < 0 else 0.0)
    return sign if player == 0 else -sign


@njit(cache=True)
def as_it_is(state: State, key: State) -> int:
    """The `canonical` of a game that writes none: every state stands for itself."""
    for word in range(state.shape[0]):
        key[word] = state[word]
    return 0


@dataclass(frozen=True)
class Rules:
    """The scalar rules of a game, as Numba dispatchers; a game need not write the last."""

    start: Callable[[State], None]
    legal: Callable[[State, NDArray[np.int16]], int]
    play: Callable[[State, int], None]
    mover: Callable[[State], int]
    result: Callable[[State], int]
    observe: Callable[[State, NDArray[np.float32]], None]
    canonical: Callable[[State, State], int] = as_it_is


@dataclass(frozen=True)
class Piece:
    """How one kind of piece is drawn: a shape and a tone, so that colour is never the only cue."""

    name: str
    shape: Literal["cross", "ring", "disc", "stone"]
    tone: Literal["first", "second"]


@dataclass(frozen=True)
class View:
    """What a browser needs to draw any position, without a rule of the game.

    `layout` says how a cell is drawn and chosen:

        "square"   a click on the cell itself
        "drop"     the piece falls down its column
        "hex"      hexagons, each row half a cell to the right of the row above
        "pits"     two rows of numbers of stones; the first and the last cell are stores, drawn
                   at the two ends, and the other cells face each other between them

    `edges` are the tones of the top, right, bottom and left edge, where somebody owns them.
    """

    rows: int
    columns: int
    layout: Literal["square", "drop", "pits", "hex"]
    pieces: tuple[Piece, ...]
    edges: tuple[Literal["first", "second"], ...] = ()


def _no_highlight(state: State) -> tuple[int, ...]:
    return ()


@dataclass(frozen=True, eq=False)
class Game:
    """One game: its rules, its shapes, its picture and its suggested settings.

    `cells(state)` gives one integer per cell of the view, row by row from the top left: 0 empty,
    k = `view.pieces[k - 1]` (or a number of stones). `clicks(action, player)` gives the cells that
    a player clicks: none = a button, one = place, two = from-to. `preset` overrides defaults of
    engine/config.py. `version` changes with the rules' behaviour, never with a refactoring.
    `openspiel` is the game's name in OpenSpiel, where it exists: a second opinion on the rules.
    """

    name: str
    title: str
    version: int
    words: int
    actions: int
    planes: tuple[int, int, int]
    max_plies: int
    rules: Rules
    symmetries: tuple[Symmetry, ...]
    view: View
    cells: Callable[[State], Sequence[int]]
    label: Callable[[int], str]
    clicks: Callable[[int, int], Sequence[int]]
    highlight: Callable[[State], Sequence[int]] = _no_highlight
    preset: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    openspiel: str | None = None

    def new(self) -> State:
        """The start position, `uint64[W]`."""
        state = np.zeros(self.words, dtype=np.uint64)
        self.rules.start(state)
        return state

    def legal(self, state: State) -> list[int]:
        """The legal actions of a state, ascending; none once the game is over."""
        actions = np.empty(self.actions, dtype=np.int16)
        count = self.rules.legal(state, actions)
        return [int(a) for a in actions[:count]]

    def mover(self, state: State) -> int:
        """The player to move, 0 or 1."""
        return int(self.rules.mover(state))

    def result(self, state: State) -> int:
        """The final margin for player 0, or ONGOING."""
        return int(self.rules.result(state))

    def is_over(self, state: State) -> bool:
        """Whether the game has ended."""
        return self.result(state) != ONGOING

    def observe(self, state: State) -> NDArray[np.float32]:
        """The mover's view, `float32[C, H, W]`."""
        planes = np.empty(self.planes, dtype=np.float32)
        self.rules.observe(state, planes)
        return planes

    def after(self, state: State, action: int) -> State:
        """A copy of `state` with `action` played; raises if the rules do not allow it."""
        if self.is_over(state):
            raise FinishedGame(
                f"{self.title} is over in this position, action {action} cannot be played:"
                f" {self.text(state)}"
            )
        legal = self.legal(state)
        if action not in legal:
            raise IllegalAction(
                f"action {action} is illegal in this {self.title} position, legal are {legal}:"
                f" {self.text(state)}"
            )
        following = state.copy()
        self.rules.play(following, action)
        return following

    def replay(self, moves: Sequence[int]) -> State:
        """The state after `moves` from the start; raises naming the first ply that is wrong."""
        state = self.new()
        for ply, action in enumerate(moves):
            try:
                state = self.after(state, action)
            except (IllegalAction, FinishedGame) as error:
                raise type(error)(f"ply {ply + 1}: {error}") from None
        return state

    def text(self, state: State) -> str:
        """The board on one line for error messages: rows divided by '/', '.' for an empty cell."""
        cells = [str(cell) if cell else "." for cell in self.cells(state)]
        width = self.view.columns
        rows = ["".join(cells[i : i + width]) for i in range(0, len(cells), width)]
        return f"{'/'.join(rows)} mover {self.mover(state)}"

    @cached_property
    def fingerprint(self) -> str:
        """12 hex digits over the source that defines this game's rules.

        Numba does not see edits in other files, so compiled kernels carry this in their name.
        """
        module = sys.modules[
            inspect.unwrap(getattr(self.rules.play, "py_func", self.rules.play)).__module__
        ]
        text = inspect.getsource(module) + f"{self.name}/{self.version}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]
