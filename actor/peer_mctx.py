"""A peer of the bench: mctx, a tree search in JAX, over the rules of Connect 4 in pgx.

A script for an interpreter that has both; it imports nothing of this project. It prints one JSON
object: `{"absent": [...]}` where a library is missing, else the figures.

Every core has a process of its own, pinned to it, and all are measured at the same moment. That is
the arrangement in which JAX on a CPU does most: on two cores one process that spreads its batch
over threads reached a third of it, and one with a pmap over two devices three quarters.

A batch advances in lockstep, as fast as its deepest descent. With a free evaluator all trees grow
alike, which flatters this peer: with random values it made between a half and a fifth of this.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import importlib.metadata
import importlib.util
import itertools
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

LIBRARIES = ("jax", "mctx", "pgx")
ACTIONS = 7
POLICIES = ("muzero_policy", "gumbel_muzero_policy")

TESTS = ([0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 2], [6, 0, 1, 0, 1, 0], [6, 0, 1, 0, 1, 0, 2])
"""Columns played, with which each player in turn threatens column 0: now it must be blocked, or
wins. A reward or a discount with a wrong sign misses one of them."""

_meeting: Any = None  # the barrier of this worker and its siblings


def main() -> None:
    """Measure what the command line asks for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--batches", type=int, nargs="+", default=[32, 128, 512], help="trees")
    given = parser.parse_args()
    if not 1 <= given.cores <= len(_affinity()):
        parser.error(f"--cores {given.cores}: this process may use {len(_affinity())}")
    absent = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    print(json.dumps({"absent": absent} if absent else measure(given)))


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Choose the fastest policy and batch, then time one core alone and all together in turn."""
    spawn = multiprocessing.get_context("spawn")  # JAX must not be forked
    places = spawn.SimpleQueue()
    for core in _affinity()[: given.cores]:
        places.put(core)
    with ProcessPoolExecutor(
        given.cores, spawn, _begin, (places, spawn.Barrier(given.cores))
    ) as pool:

        def together(candidate: tuple[str, int], seconds: float) -> float:
            work = [(*candidate, given.simulations, seconds, True)] * given.cores
            return sum(pool.map(_rate, *zip(*work, strict=True)))

        probes = {
            candidate: together(candidate, given.seconds / 2)
            for candidate in itertools.product(POLICIES, given.batches)
        }
        best = max(probes, key=lambda candidate: probes[candidate])
        alone, all_cores = [], []
        for _ in range(given.rounds):
            alone.append(pool.submit(_rate, *best, given.simulations, given.seconds).result())
            all_cores.append(together(best, given.seconds))
    return {
        "versions": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "policy": best[0],
        "batch": best[1],
        "cores": given.cores,
        "one_core": alone,
        "all_cores": all_cores,
        "probes": {f"{policy}, {batch}": rate for (policy, batch), rate in probes.items()},
    }


def _affinity() -> Sequence[int | None]:
    """The cores that this process may use; None each where the system cannot pin."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return [None] * (os.cpu_count() or 1)


def _begin(places: Any, meeting: Any) -> None:
    """Pin this worker, before JAX counts the cores and makes its threads."""
    global _meeting  # noqa: PLW0603 - a barrier can only be inherited, not sent with the work
    _meeting = meeting
    core = places.get()
    if core is not None:
        os.sched_setaffinity(0, {core})
    os.environ["JAX_PLATFORMS"] = "cpu"


def _rate(
    policy: str, batch: int, simulations: int, seconds: float, together: bool = False
) -> float:
    """Simulations per second of this worker, compilation excluded."""
    try:
        run = _ready(policy, batch, simulations)
        if together:
            _meeting.wait()
    except BaseException:
        _meeting.abort()  # or the siblings would wait forever
        raise
    searches, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        run()
        searches += batch
    return searches * simulations / elapsed


@functools.cache
def _ready(policy: str, batch: int, simulations: int) -> Callable[[], object]:
    """A batch of searches from the start position: compiled, warm, and found to be searches."""
    jax, numpy, pgx = (importlib.import_module(name) for name in ("jax", "jax.numpy", "pgx"))
    env = pgx.make("connect_four")
    search = jax.jit(_searcher(env, policy, simulations))
    key, step = jax.random.PRNGKey(0), jax.jit(env.step)

    def visits(columns: list[int]) -> Any:
        state = env.init(key)
        for column in columns:
            state = step(state, column)
        states = jax.tree.map(lambda leaf: numpy.broadcast_to(leaf, (batch, *leaf.shape)), state)
        return functools.partial(search, key, states)

    for columns in TESTS:
        preferred = int(visits(columns)().mean(axis=0).argmax())
        if preferred != 0:
            raise RuntimeError(f"{policy} prefers column {preferred} after {columns}: wrong signs?")
    run = visits([])
    if not (run().sum(axis=1) == simulations).all():
        raise RuntimeError(f"{policy} did not make {simulations} simulations in every tree")
    return lambda: run().block_until_ready()


def _searcher(env: Any, policy: str, simulations: int) -> Callable[[Any, Any], Any]:
    """A function of (random key, states [B]) that returns the root's visits [B, 7]."""
    jax, numpy, mctx = (importlib.import_module(name) for name in ("jax", "jax.numpy", "mctx"))
    step = jax.vmap(env.step)
    without_noise = {"dirichlet_fraction": 0.0} if policy == "muzero_policy" else {}

    def follow(params: object, key: object, action: Any, state: Any) -> tuple[Any, Any]:
        """Play one move in each game; the network that stands behind it is free and uniform."""
        mover, after, rows = state.current_player, step(state, action), numpy.arange(len(action))
        # mctx backs up reward + discount * value: the reward is the mover's, the value belongs to
        # whoever moves next, and a finished game has none.
        sign = numpy.where(after.current_player == mover, 1.0, -1.0)
        logits = numpy.where(after.legal_action_mask, 0.0, numpy.finfo(numpy.float32).min)
        output = mctx.RecurrentFnOutput(
            reward=after.rewards[rows, mover],
            discount=numpy.where(after.terminated, 0.0, sign),
            prior_logits=logits,
            value=numpy.zeros(len(action)),
        )
        return output, after

    def search(key: Any, state: Any) -> Any:
        batch = len(state.current_player)
        root = mctx.RootFnOutput(
            prior_logits=numpy.zeros((batch, ACTIONS)), value=numpy.zeros(batch), embedding=state
        )
        illegal = ~state.legal_action_mask
        found = getattr(mctx, policy)(
            (), key, root, follow, simulations, invalid_actions=illegal, **without_noise
        )
        return found.search_tree.summary().visit_counts

    return search


if __name__ == "__main__":
    main()
