"""One finished game as it is stored: a header, a checksum and its arrays, compressed.

magic "C2GR" | format version u16 | crc32 u32 of all that follows
name's length u16 | rules version i32 | result i32 | model step i32 | P, S, W, A u32 | name
zlib( moves i16[P] | plies i16[S] | states u64[S, W] | movers i8[S] | policies f32[S, A]
      | root values f32[S] | exact i8[S] | surprises f32[S] )   all little-endian, rows first

Format 2 ended with the root values, format 1 had visits i32[S, A] in the place of the policies as
well; both are still read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import StorageError

_MAGIC = b"C2GR"
_FORMAT = 3
_FORMAT_WITHOUT_SURPRISE = 2
_FORMAT_OF_VISITS = 1
_HEADER = struct.Struct("<4sHI")
_FACTS = struct.Struct("<HiiiIIII")


@dataclass(frozen=True, eq=False)
class GameRecord:
    """A finished game of P plies with S samples, the positions that were searched.

    `moves` are all plies, the random opening included; `plies` says which of them the samples
    are. Value targets, planes and symmetries are computed when a batch is drawn.
    """

    game: str
    rules_version: int
    moves: NDArray[np.int16]
    """`int16[P]`, the actions from the start position."""
    result: int
    """Final margin for player 0."""
    model_step: int
    """Learner step of the model that played; -1 = uniform."""
    plies: NDArray[np.int16]
    """`int16[S]`, index into `moves` of each sample."""
    states: NDArray[np.uint64]
    """`uint64[S, W]`"""
    movers: NDArray[np.int8]
    """`int8[S]`, the player to move in each sample."""
    policies: NDArray[np.float32]
    """`float32[S, A]`, what the search wants learnt: probabilities, 0 for illegal actions."""
    root_values: NDArray[np.float32]
    """`float32[S]`, the search's value of each sample for its mover, in [-1, 1]."""
    exact: NDArray[np.int8]
    """`int8[S]`, 1 where the search has proven that value; 0 in older formats."""
    surprises: NDArray[np.float32]
    """`float32[S]`, KL divergence of `policies` from the network's, in nats; nan in older ones."""


def encode(record: GameRecord) -> bytes:
    """The bytes of a game; raises StorageError if its arrays do not fit each other."""
    shape = _shape(record)
    arrays = []
    for name, dtype, expected in _columns(_FORMAT, *shape):
        array = getattr(record, name)
        if array.dtype != dtype or array.shape != expected:
            raise StorageError(
                f"a game cannot be stored: {name} is {array.dtype}{list(array.shape)},"
                f" expected {np.dtype(dtype).name}{list(expected)}"
            )
        arrays.append(np.ascontiguousarray(array, dtype).tobytes())
    game = record.game.encode()
    numbers = (len(game), record.rules_version, record.result, record.model_step, *shape)
    body = _FACTS.pack(*numbers) + game + zlib.compress(b"".join(arrays))
    return _HEADER.pack(_MAGIC, _FORMAT, zlib.crc32(body)) + body


def decode(data: bytes) -> GameRecord:
    """The game in `data`, its arrays read-only; raises StorageError if a single bit is wrong."""
    version, body = _checked(data)
    length, rules_version, result, model_step, *shape = _FACTS.unpack_from(body)
    packed = _FACTS.size + length
    columns = list(_columns(version, *shape))
    arrays = _unpacked(body[packed:], columns)
    if version == _FORMAT_OF_VISITS:
        arrays["policies"] = _from_visits(arrays.pop("visits"))
    if version != _FORMAT:
        samples = len(arrays["plies"])
        arrays["exact"] = _constant(samples, 0, np.int8)
        arrays["surprises"] = _constant(samples, np.nan, np.float32)
    game = body[_FACTS.size : packed].decode()
    return GameRecord(game, rules_version, result=result, model_step=model_step, **arrays)


def opening_of(data: bytes, plies: int) -> NDArray[np.int16]:
    """The first `plies` moves of the game in `data`, `int16[<= plies]`; raises StorageError.

    Much faster than `decode`: the moves stand in front, and no more than those is unpacked.
    """
    _, body = _checked(data)
    length, _, _, _, played, *_ = _FACTS.unpack_from(body)
    wanted = 2 * min(plies, played)
    if wanted == 0:
        return np.empty(0, np.int16)
    try:
        raw = zlib.decompressobj().decompress(body[_FACTS.size + length :], wanted)
    except zlib.error as error:
        raise StorageError(f"a stored game is damaged: {error}") from None
    if len(raw) != wanted:
        raise StorageError(f"a stored game is damaged: it has {len(raw) // 2} of {played} moves")
    return np.frombuffer(raw, "<i2").astype(np.int16)


_Column = tuple[str, str, tuple[int, ...]]


def _shape(record: GameRecord) -> tuple[int, int, int, int]:
    if record.states.ndim != 2 or record.policies.ndim != 2:
        raise StorageError(
            f"a game cannot be stored: states {list(record.states.shape)} and policies"
            f" {list(record.policies.shape)} must have two axes"
        )
    samples, words = record.states.shape
    return len(record.moves), samples, words, record.policies.shape[1]


def _columns(version: int, plies: int, samples: int, words: int, actions: int) -> Iterator[_Column]:
    yield "moves", "<i2", (plies,)
    yield "plies", "<i2", (samples,)
    yield "states", "<u8", (samples, words)
    yield "movers", "|i1", (samples,)
    if version == _FORMAT_OF_VISITS:
        yield "visits", "<i4", (samples, actions)
    else:
        yield "policies", "<f4", (samples, actions)
    yield "root_values", "<f4", (samples,)
    if version == _FORMAT:
        yield "exact", "|i1", (samples,)
        yield "surprises", "<f4", (samples,)


def _from_visits(visits: NDArray[np.int32]) -> NDArray[np.float32]:
    policies: NDArray[np.float32] = np.divide(
        visits, visits.sum(axis=1, keepdims=True), dtype=np.float32
    )
    policies.flags.writeable = False
    return policies


def _constant(count: int, value: float, dtype: type) -> NDArray[Any]:
    array: NDArray[Any] = np.full(count, value, dtype)
    array.flags.writeable = False
    return array


def _checked(data: bytes) -> tuple[int, bytes]:
    if len(data) < _HEADER.size + _FACTS.size:
        raise StorageError(f"a stored game is damaged: {len(data)} bytes are too few")
    magic, version, checksum = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise StorageError(f"a stored game is damaged: it begins with {magic!r}, not {_MAGIC!r}")
    if version not in (_FORMAT, _FORMAT_WITHOUT_SURPRISE, _FORMAT_OF_VISITS):
        raise StorageError(
            f"a stored game has format {version}, this program reads {_FORMAT}:"
            f" use the program that wrote it, or start a new run"
        )
    body = data[_HEADER.size :]
    if zlib.crc32(body) != checksum:
        raise StorageError(
            f"a stored game is damaged: checksum {zlib.crc32(body):08x}, written {checksum:08x}"
        )
    return version, body


def _unpacked(packed: bytes, columns: list[_Column]) -> dict[str, NDArray[Any]]:
    sizes = [np.dtype(dtype).itemsize * int(np.prod(shape)) for _, dtype, shape in columns]
    try:
        raw = zlib.decompress(packed, bufsize=sum(sizes) or 1)
    except zlib.error as error:
        raise StorageError(f"a stored game is damaged: {error}") from None
    if len(raw) != sum(sizes):
        raise StorageError(
            f"a stored game is damaged: its arrays have {len(raw)} bytes, expected {sum(sizes)}"
        )
    arrays, start = {}, 0
    for (name, dtype, shape), size in zip(columns, sizes, strict=True):
        arrays[name] = np.frombuffer(raw[start : start + size], dtype).reshape(shape)
        start += size
    return arrays
