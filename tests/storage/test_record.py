from __future__ import annotations

import dataclasses
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.errors import StorageError
from storage.replay.record import GameRecord, decode, encode

NUMBER = st.integers(-(2**31), 2**31 - 1)


@st.composite
def records(draw: st.DrawFn) -> GameRecord:
    plies, samples, words, actions = (draw(st.integers(0, 6)) for _ in range(4))
    return GameRecord(
        game=draw(st.text(max_size=12)),
        rules_version=draw(NUMBER),
        moves=draw(arrays(np.int16, plies)),
        result=draw(NUMBER),
        model_step=draw(NUMBER),
        plies=draw(arrays(np.int16, samples)),
        states=draw(arrays(np.uint64, (samples, words))),
        movers=draw(arrays(np.int8, samples)),
        policies=draw(arrays(np.float32, (samples, actions))),
        root_values=draw(arrays(np.float32, samples)),
        exact=draw(arrays(np.int8, samples)),
        surprises=draw(arrays(np.float32, samples)),
    )


def assert_same(one: GameRecord, other: GameRecord) -> None:
    for field in dataclasses.fields(GameRecord):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, np.ndarray):
            assert (left.dtype, left.shape) == (right.dtype, right.shape), field.name
            assert left.tobytes() == right.tobytes(), field.name  # nan equals nan, bit by bit
        else:
            assert left == right, field.name


@given(records())
def test_a_record_survives_the_round_trip(record: GameRecord) -> None:
    assert_same(decode(encode(record)), record)


@given(records(), st.data())
def test_a_truncated_record_is_refused(record: GameRecord, data: st.DataObject) -> None:
    whole = encode(record)
    with pytest.raises(StorageError):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(records(), st.data())
def test_a_flipped_bit_is_refused(record: GameRecord, data: st.DataObject) -> None:
    damaged = bytearray(encode(record))
    bit = data.draw(st.integers(0, 8 * len(damaged) - 1))
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(StorageError):
        decode(bytes(damaged))


def test_every_single_bit_counts(record: Callable[..., GameRecord]) -> None:
    whole = encode(record(1, samples=1))
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(StorageError):
            decode(bytes(damaged))


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(StorageError, match="damaged"):
        decode(data)


def test_a_newer_format_is_named(record: Callable[..., GameRecord]) -> None:
    newer = bytearray(encode(record(1)))
    newer[4] = 7
    with pytest.raises(StorageError, match="format 7, this program reads 3"):
        decode(bytes(newer))


def test_what_is_decoded_cannot_be_changed(record: Callable[..., GameRecord]) -> None:
    with pytest.raises(ValueError, match="read-only"):
        decode(encode(record(1))).policies[0, 0] = 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"movers": np.zeros(4, np.int8)}, r"movers is int8\[4\], expected int8\[5\]"),
        ({"policies": np.zeros((5, 9))}, r"policies is float64\[5, 9\], expected float32"),
        ({"states": np.zeros(5, np.uint64)}, "must have two axes"),
        ({"moves": np.zeros((2, 2), np.int16)}, r"moves is int16\[2, 2\], expected int16\[2\]"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    record: Callable[..., GameRecord], wrong: dict[str, np.ndarray], message: str
) -> None:
    with pytest.raises(StorageError, match=message):
        encode(dataclasses.replace(record(1), **wrong))


@pytest.mark.parametrize("version", [1, 2])
def test_older_formats_are_read(version: int) -> None:
    """Written by hand: format 1 has visits i32 for policies f32, both end with the root values."""
    visits = np.array([[0, 3, 1], [2, 0, 2]], "<i4")
    policies = np.array([[0, 0.75, 0.25], [0.5, 0, 0.5]], "<f4")
    arrays = (
        np.array([1, 2], "<i2"),  # moves
        np.array([0, 1], "<i2"),  # plies
        np.array([[7], [8]], "<u8"),  # states
        np.array([0, 1], "|i1"),  # movers
        visits if version == 1 else policies,
        np.array([0.5, -0.5], "<f4"),  # root values
    )
    name = b"toy"
    facts = struct.pack("<HiiiIIII", len(name), 4, 1, 30, 2, 2, 1, 3)
    body = facts + name + zlib.compress(b"".join(array.tobytes() for array in arrays))
    record = decode(struct.pack("<4sHI", b"C2GR", version, zlib.crc32(body)) + body)
    assert record.game == "toy" and record.rules_version == 4 and record.model_step == 30
    assert record.policies.tolist() == [[0, 0.75, 0.25], [0.5, 0, 0.5]]
    assert record.policies.dtype == np.float32 and not record.policies.flags.writeable
    assert record.root_values.tolist() == [0.5, -0.5] and record.states.tolist() == [[7], [8]]
    assert record.exact.tolist() == [0, 0] and np.isnan(record.surprises).all()
