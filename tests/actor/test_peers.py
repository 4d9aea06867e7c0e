"""The peers of the bench do the work that is claimed, and say so when they are not there."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actor.peers import (
    Missing,
    Peer,
    cpp_bot,
    mctx_peers,
    openspiel_peers,
    python_bot,
    ratios,
    run_peers,
)
from engine.errors import CartridgeError, ConfigError
from engine.games import find

CONNECT4 = find("connect4")

# An interpreter that has mctx and pgx, for whoever has one: PEER_PYTHON=... pytest tests/actor
PEER_PYTHON = os.environ.get("PEER_PYTHON", sys.executable)
HAS_MCTX = sys.executable != PEER_PYTHON or all(
    importlib.util.find_spec(name) for name in ("jax", "mctx", "pgx")
)


def _visited(node: Any) -> int:
    return int(node.explore_count > 0) + sum(_visited(child) for child in node.children)


@pytest.mark.parametrize("bot", [python_bot, cpp_bot])
def test_openspiel_makes_the_simulations_that_are_counted(
    bot: Callable[[str, int], Callable[[], Any]],
) -> None:
    pytest.importorskip("pyspiel")
    search = bot("connect_four", 100)
    for root in (search(), search()):  # a second search starts anew
        assert root.explore_count == 100
        assert sum(child.explore_count for child in root.children) == 99
        # No game ends this early: a simulation that reached no new position would be missing here.
        assert _visited(root) == 100


def test_the_free_evaluator_sees_only_draws() -> None:
    pytest.importorskip("pyspiel")
    root = python_bot("connect_four", 100)()
    assert {child.total_reward for child in root.children} == {0.0}
    assert {child.prior for child in root.children} == {1 / 7}


@pytest.mark.parametrize("name", ["connect4", "tictactoe", "othello"])
def test_rows_of_openspiel(name: str) -> None:
    pytest.importorskip("pyspiel")
    peers = openspiel_peers(find(name), simulations=20, seconds=0.001, rounds=3)
    assert [peer.name for peer in peers] == ["OpenSpiel, Python", "OpenSpiel, C++"]
    for peer in peers:
        assert isinstance(peer, Peer) and peer.cores == 1
        assert len(peer.sims_per_s) == 3 and min(peer.sims_per_s) > 0
    assert "random game" in peers[1].as_dict()["work"]  # type: ignore[operator]


@pytest.mark.parametrize("module", ["pyspiel", "open_spiel.python.algorithms.mcts"])
def test_openspiel_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (missing,) = openspiel_peers(CONNECT4, 100, 0.001, 1)
    assert isinstance(missing, Missing)
    assert str(missing).startswith(f"OpenSpiel: not installed (no module {module};")


def test_games_that_a_peer_does_not_play_are_named() -> None:
    peers = run_peers(find("kalaha"), rounds=1, seconds=0.001)
    assert [peer.name for peer in peers] == ["OpenSpiel", "mctx + pgx"]
    assert all(isinstance(peer, Missing) and "Kala" in peer.reason for peer in peers)


def test_ratios_are_like_for_like() -> None:
    """All our cores beside all of theirs, one beside one; who was not measured has none."""
    peers = [
        Peer("slow", "work", "1", 1, 1, (1.0, 2.0, 9.0)),
        Peer("fast", "work", "1", 2, 32, (5.0, 4.0, 6.0)),
        Missing("absent", "not installed"),
    ]
    found = ratios(peers, {1: 20.0, 2: 30.0})
    assert [(r.name, r.cores, r.ratio) for r in found] == [("slow", 1, 10.0), ("fast", 2, 6.0)]
    assert found[0].as_dict()["ratio"] == 10.0


@pytest.mark.skipif(HAS_MCTX, reason="mctx and pgx are there")
def test_mctx_that_is_not_there_is_named() -> None:
    (missing,) = mctx_peers(CONNECT4, 100, 0.01, 1, PEER_PYTHON)
    assert isinstance(missing, Missing)
    assert missing.name == "mctx + pgx" and "not installed (pip install" in missing.reason
    assert PEER_PYTHON in missing.reason


@pytest.mark.slow
@pytest.mark.skipif(not HAS_MCTX, reason="mctx and pgx are not installed")
def test_mctx_where_it_is_there() -> None:
    # The script itself refuses figures of searches with wrong visit counts or wrong signs.
    peers = mctx_peers(CONNECT4, 100, 0.01, 2, PEER_PYTHON)
    assert peers[0].name == "mctx + pgx"
    for peer in peers:
        assert isinstance(peer, Peer), str(peer)
        assert len(peer.sims_per_s) == 2 and min(peer.sims_per_s) > 0
        assert "mctx 0" in peer.version and "muzero_policy" in peer.work


def test_a_python_that_does_not_exist_is_named(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "python")
    with pytest.raises(ConfigError, match=f"cannot run the peers' Python {nowhere}: No such file"):
        mctx_peers(CONNECT4, 100, 0.01, 1, nowhere)


def test_a_peer_that_fails_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho first >&2\necho the reason >&2\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(CartridgeError, match=r"exit code 3: the reason; to see all of it: .* -P "):
        mctx_peers(CONNECT4, 100, 0.01, 1, str(broken))
