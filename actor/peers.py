"""The same work done by other projects: what `python -m actor bench --peers` prints beside ours.

The work: searches from the start position, each of the same number of simulations, with an
evaluator that costs nothing (uniform policy, value 0). The figure: simulations per second. Nothing
here is needed to train or to play; a peer that is not installed says so by name.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.cli import cores as usable_cores
from engine.errors import CartridgeError, ConfigError
from engine.game import Game

MCTX_SCRIPT = Path(__file__).with_name("peer_mctx.py")
EXPLORATION = 1.25
"""The constant of OpenSpiel's PUCT; without values it hardly matters."""


@dataclass(frozen=True)
class Peer:
    """What another project reached, in simulations per second, once a round."""

    name: str
    work: str  # what a simulation of theirs consists of, where it differs from ours
    version: str
    cores: int  # used at the same time
    batch: int  # searches side by side on one core
    sims_per_s: tuple[float, ...]

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Missing:
    """A peer that could not be measured."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Ratio:
    """Simulations per second of ours and of a peer on as many cores, medians."""

    name: str
    cores: int
    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        """How many times as fast ours is."""
        return self.ours / self.theirs

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {**asdict(self), "ratio": self.ratio}


def ratios(peers: Sequence[Peer | Missing], ours: dict[int, float]) -> list[Ratio]:
    """Each peer that was measured beside `ours`, the rate by the number of cores, like for like."""
    return [
        Ratio(peer.name, peer.cores, ours[peer.cores], statistics.median(peer.sims_per_s))
        for peer in peers
        if isinstance(peer, Peer)
    ]


def run_peers(
    game: Game,
    simulations: int = 100,
    seconds: float = 1.0,
    rounds: int = 5,
    python: str = sys.executable,
) -> list[Peer | Missing]:
    """Measure every peer `rounds` times for at least `seconds` each; no two of them at once.

    `python` is the interpreter that has mctx and pgx; they get processes of their own, so that
    JAX and its threads stay out of ours.
    """
    return [
        *openspiel_peers(game, simulations, seconds, rounds),
        *mctx_peers(game, simulations, seconds, rounds, python),
    ]


def openspiel_peers(
    game: Game, simulations: int, seconds: float, rounds: int
) -> list[Peer | Missing]:
    """OpenSpiel's two searches in this process, in turn."""
    if game.openspiel is None:
        return [Missing("OpenSpiel", f"does not have {game.title}")]
    python, cpp = ("Python", "PUCT, nothing to evaluate"), ("C++", "PUCT, a random game each")
    try:
        searches = {
            python: python_bot(game.openspiel, simulations),
            cpp: cpp_bot(game.openspiel, simulations),
        }
    except ImportError as error:
        reason = f"not installed (no module {error.name}; pip install open_spiel absl-py)"
        return [Missing("OpenSpiel", reason)]
    version = importlib.metadata.version("open_spiel")
    rates: dict[tuple[str, str], list[float]] = {python: [], cpp: []}
    for _ in range(rounds):
        for row, search in searches.items():
            rates[row].append(simulations * _per_second(search, seconds))
    return [
        Peer(f"OpenSpiel, {language}", work, version, 1, 1, tuple(rates[language, work]))
        for language, work in searches
    ]


def python_bot(name: str, simulations: int) -> Callable[[], Any]:
    """One search by open_spiel.python.algorithms.mcts; returns its root.

    The first simulation evaluates the root, so the visits of the children sum to one less.
    """
    pyspiel: Any = importlib.import_module("pyspiel")
    mcts: Any = importlib.import_module("open_spiel.python.algorithms.mcts")
    game = pyspiel.load_game(name)

    class Free(mcts.Evaluator):
        """Knows nothing, at once."""

        def evaluate(self, state: Any) -> tuple[float, float]:
            """A draw, for both players."""
            return 0.0, 0.0

        def prior(self, state: Any) -> list[tuple[int, float]]:
            """The same for every legal action."""
            legal = state.legal_actions()
            share = 1.0 / len(legal)
            return [(action, share) for action in legal]

    bot = mcts.MCTSBot(
        game,
        EXPLORATION,
        simulations,
        Free(),
        solve=False,
        random_state=np.random.RandomState(0),
        child_selection_fn=mcts.SearchNode.puct_value,
    )
    state = game.new_initial_state()
    return lambda: bot.mcts_search(state)


def cpp_bot(name: str, simulations: int) -> Callable[[], Any]:
    """One search by pyspiel.MCTSBot; returns its root, counted as in `python_bot`.

    Python cannot give it an evaluator: the cheapest it has plays one random game per simulation.
    """
    pyspiel: Any = importlib.import_module("pyspiel")
    game = pyspiel.load_game(name)
    bot = pyspiel.MCTSBot(
        game,
        pyspiel.RandomRolloutEvaluator(n_rollouts=1, seed=0),
        uct_c=EXPLORATION,
        max_simulations=simulations,
        max_memory_mb=0,  # no limit
        solve=False,
        seed=0,
        verbose=False,
        child_selection_policy=pyspiel.ChildSelectionPolicy.PUCT,
    )
    state = game.new_initial_state()
    return lambda: bot.mcts_search(state)


def mctx_peers(
    game: Game, simulations: int, seconds: float, rounds: int, python: str
) -> list[Peer | Missing]:
    """DeepMind's mctx over the rules of pgx: on one core, and on all that we may use."""
    name = "mctx + pgx"
    if game.openspiel != "connect_four":
        return [Missing(name, f"measured for Connect 4 alone, not for {game.title}")]
    cores = usable_cores()
    found = _ask_mctx(python, simulations, seconds, rounds, cores)
    if "absent" in found:
        absent = " ".join(found["absent"])
        return [Missing(name, f"not installed (pip install {absent}, into {python})")]
    work = f"{found['policy']} compiled by XLA, nothing to evaluate"
    version = ", ".join(f"{library} {number}" for library, number in found["versions"].items())
    rows = {1: found["one_core"], cores: found["all_cores"]}
    return [
        Peer(name, work, version, used, found["batch"], tuple(rates))
        for used, rates in rows.items()
    ]


def _ask_mctx(
    python: str, simulations: int, seconds: float, rounds: int, cores: int
) -> dict[str, Any]:
    """Run actor/peer_mctx.py under `python` and read the object that it prints last."""
    numbers = {"simulations": simulations, "seconds": seconds, "rounds": rounds, "cores": cores}
    flags = [f"--{name}={number}" for name, number in numbers.items()]
    command = [python, "-P", str(MCTX_SCRIPT), *flags]  # -P: actor/ must not shadow their modules
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ConfigError(f"cannot run the peers' Python {python}: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing on stderr"]
        raise CartridgeError(
            f"mctx + pgx failed with exit code {done.returncode}: {said[-1]};"
            f" to see all of it: {' '.join(command)}"
        )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _per_second(action: Callable[[], object], seconds: float) -> float:
    """How often a second `action` runs, measured for at least `seconds`."""
    runs, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        action()
        runs += 1
    return runs / elapsed
