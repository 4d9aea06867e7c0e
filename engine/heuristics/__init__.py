"""Rules of thumb: what an unfinished position is worth, guessed without looking ahead.

A module here that bears the name of a game's module in engine/games judges that module's games with
its `heuristic(state uint64[W]) -> int`, a Numba function of at most `LARGEST` in size: > 0 where
player 0 stands better, as with a result. Every other game is judged `blind`ly: 0 as long as it goes
on, so that alpha-beta over it sees nothing but finished games.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path

from numba import njit

from engine.game import Game, State

GAMES = "engine.games."
LARGEST = 900_000

Heuristic = Callable[[State], int]


@njit(error_model="numpy")
def blind(state: State) -> int:
    """Nothing is known about unfinished positions."""
    return 0


def heuristic_for(game: Game) -> Heuristic:
    """The rule of thumb of `game`, a Numba function; `blind` where nobody has written one."""
    source = inspect.unwrap(getattr(game.rules.play, "py_func", game.rules.play)).__module__
    if source.startswith(GAMES):
        name = f"{__name__}.{source.removeprefix(GAMES)}"
        if importlib.util.find_spec(name) is not None:
            own: Heuristic = importlib.import_module(name).heuristic
            return own
    return blind


@cache
def fingerprint() -> str:
    """12 hex digits over all that a kernel with a heuristic in it may call.

    Numba does not see edits in other files, so such a kernel carries this in its name; the
    heuristics borrow from the solvers' kernels.
    """
    here = Path(__file__).parent
    sources = sorted([*here.glob("*.py"), *(here.parent / "solver").glob("*.py")])
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
