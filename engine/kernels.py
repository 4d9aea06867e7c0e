"""Binds a game's rules to the few batch kernels that need them.

A kernel is written once as a plain function that names the rules as globals. `bind` copies it with
those globals replaced by one game's rules and compiles the copy: LLVM inlines the rules, and the
result is found in Numba's on-disk cache by the next process. (Closures over dispatchers miss that
cache in every process; functions passed as arguments cost 20 µs a call.)
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit

from engine.game import Game

# Placeholders for the rules of a game, so that templates read as ordinary code.
start: Any = None
legal: Any = None
play: Any = None
mover: Any = None
result: Any = None
observe: Any = None


_BOUND: list[Any] = []


@cache
def _fingerprint() -> str:
    # Numba does not see edits in other files, so the name of a kernel carries what it calls.
    engine = Path(__file__).parent
    sources = sorted([engine / "game.py", engine / "kernels.py", *engine.glob("search/*.py")])
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


@cache
def bind(template: Callable[..., Any], game: Game) -> Callable[..., Any]:
    """A compiled copy of `template` in which the rules' names mean those of `game`."""
    rules = {name: getattr(game.rules, name) for name in game.rules.__dataclass_fields__}
    function = types.FunctionType(
        template.__code__, {**template.__globals__, **rules}, template.__name__
    )
    function.__module__ = template.__module__
    function.__qualname__ = f"{template.__name__}_{game.name}_{game.fingerprint}_{_fingerprint()}"
    kernel: Callable[..., Any] = njit(cache=True, nogil=True, error_model="numpy")(function)
    _BOUND.append(kernel)
    return kernel


def compilations() -> int:
    """How many kernels this process had to compile because the on-disk cache did not have them."""
    return sum(sum(kernel.stats.cache_misses.values()) for kernel in _BOUND)
