"""Binds a game's rules to the few batch kernels that need them.

A kernel is written once as a plain function, a template, that names the rules as globals. `bind`
copies it with those globals replaced by one game's rules, and templates that it calls by their
bound copies, and compiles it: LLVM inlines the rules, and the result is found in Numba's on-disk
cache by the next process. (Closures over dispatchers miss that cache in every process; functions
passed as arguments cost 20 µs a call.)

Only bound kernels are cached on disk. What they call from other files must not be: Numba would not
notice an edit there, whereas the name of a bound kernel carries a fingerprint of all of it.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numba
from numba import njit

from engine.game import Game

# Placeholders for the rules of a game, so that templates read as ordinary code.
start: Any = None
legal: Any = None
play: Any = None
mover: Any = None
result: Any = None
observe: Any = None
canonical: Any = None


_BOUND: list[Any] = []
_numba: Any = numba  # of which only a part has types

# Without reference counts, a switch that Numba's types do not know. Nothing in a kernel allocates,
# and counting references to arrays costs several times what the search does.
_compiled: Any = partial(njit, error_model="numpy", _nrt=False)


def template(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function that names the rules, so that a template that calls it can be bound."""
    function.is_template = True  # type: ignore[attr-defined]
    return function


def part(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `template`, for a part of a larger one: its body replaces each call.

    A tuple of arrays is handed over by value; that can cost more than what the function does.
    """
    function.is_part = True  # type: ignore[attr-defined]
    return template(function)


def helper(function: Callable[..., Any]) -> Any:
    """Compile a function that knows no rules and is called from kernels alone."""
    return _compiled()(function)


def inlined(function: Callable[..., Any]) -> Any:
    """As `helper`, for small functions on the hottest path: its body replaces each call."""
    return _compiled(inline="always")(function)


@cache
def _fingerprint() -> str:
    # Numba does not see edits in other files, so the name of a kernel carries what it calls.
    engine = Path(__file__).parent
    sources = sorted([engine / "game.py", engine / "kernels.py", *engine.glob("search/*.py")])
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


@cache
def bind(kernel: Callable[..., Any], game: Game) -> Callable[..., Any]:
    """A compiled copy of the template `kernel` in which the rules' names mean those of `game`."""
    names = {name: getattr(game.rules, name) for name in game.rules.__dataclass_fields__}
    for name in kernel.__code__.co_names:
        called = kernel.__globals__.get(name)
        if getattr(called, "is_template", False):
            names[name] = bind(called, game)
    function = types.FunctionType(kernel.__code__, {**kernel.__globals__, **names}, kernel.__name__)
    function.__module__ = kernel.__module__
    function.__qualname__ = f"{kernel.__name__}_{game.name}_{game.fingerprint}_{_fingerprint()}"
    inline = "always" if hasattr(kernel, "is_part") else "never"
    bound: Callable[..., Any] = _compiled(cache=True, nogil=True, inline=inline)(function)
    _BOUND.append(bound)
    return bound


def direct(kernel: Callable[..., Any], *examples: object) -> Callable[..., Any]:
    """The code of a bound `kernel` for arguments of the types of `examples`, and only for those.

    A call of the kernel itself looks at the type of every argument first, which costs 10 µs for
    the arrays of a search. Whoever calls this must hand over the same types, dimensions and memory
    layouts each time; not all differences are noticed.
    """
    if _numba.config.DISABLE_JIT:
        return kernel
    bound: Any = kernel
    types_of = tuple(_numba.typeof(example) for example in examples)
    bound.compile(types_of)
    code: Callable[..., Any] = bound.overloads[types_of].entry_point
    return code


def compilations() -> int:
    """How many kernels this process had to compile because the on-disk cache did not have them."""
    return sum(sum(bound.stats.cache_misses.values()) for bound in _BOUND)
