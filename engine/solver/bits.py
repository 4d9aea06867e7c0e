"""What the compiled kernels of the solvers share: how they are compiled, and bits as instructions.

Numba has no `np.bitwise_count`, and its cache does not see edits in another file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit, types
from numba.extending import intrinsic

_HERE = Path(__file__).parent
_STAMP = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(_HERE.glob("*.py")))).hexdigest()


def kernel(*signature: Any) -> Callable[[Any], Any]:
    """`njit` with a cache that is renewed by an edit anywhere in this folder.

    The name under which Numba keeps a kernel carries a stamp of all files that it may call.
    """

    def compiled(function: Any) -> Any:
        # Numba knows a function that calls itself by the last part of its name.
        function.__qualname__ = f"s{_STAMP[:12]}.{function.__name__}"
        options: Any = {"cache": True, "nogil": True, "error_model": "numpy"}
        return njit(*signature, **options)(function)

    return compiled


@intrinsic
def popcount(context: Any, word: Any) -> Any:
    """How many bits of a uint64 are set, as int64."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), emit


@intrinsic
def lowest(context: Any, word: Any) -> Any:
    """The index of the lowest set bit of a uint64, as int64; 64 where none is set."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], context.get_constant(types.boolean, False))

    return types.int64(types.uint64), emit
