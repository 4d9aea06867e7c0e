"""How often the models of a run agree with exact play, on positions that the run makes itself.

Three sets, each made once, labelled by the game's solver and kept in the run's folder, so that
every model of a run is measured on the same positions:

random     uniformly random games, the same in every run of a game
selfplay   the run's own games, as soon as there are enough of them
hard       both kinds, quiet positions in which a search without a network goes wrong;
           made together with `selfplay`
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from actor.accuracy import Solved, accuracy, read_positions
from actor.players import Player, SearchPlayer, as_it_is
from actor.solved import (
    Line,
    Solve,
    all_wanted,
    all_worth,
    hard,
    in_turn,
    labelled,
    lines_of,
    quiet,
    random_lines,
    solver_of,
    text_of,
)
from engine.config import SearchSettings, Settings
from engine.errors import CartridgeError
from engine.evaluator.onnx import OnnxEvaluator
from engine.game import Game
from engine.games import find
from storage.atomic import write_atomically
from storage.layout import RunPaths, run_paths
from storage.replay import Replay
from storage.replay.sqlite import SqliteReplay

LOG = logging.getLogger(__name__)

SETS = ("random", "selfplay", "hard")
POSITIONS = 300
"""In each set, where the solver reaches so many."""
ENOUGH_GAMES = 2000
"""Games of a run before positions are drawn from the newest of them."""
LOOK_SECONDS = 10.0
"""How often it is looked whether there are enough."""


class Yardstick:
    """The solved positions of one run; a set is missing until it is made.

    A set is empty, for ever, where the solver reaches none of the positions tried.
    """

    def __init__(
        self,
        game: Game,
        paths: RunPaths,
        solve: Solve,
        open_replay: Callable[[], Replay],
        search: SearchSettings | None = None,
        enough_games: int = ENOUGH_GAMES,
    ) -> None:
        self.sets: dict[str, list[Solved]] = {}
        self._game = game
        self._paths = paths
        self._solve = solve
        self._open_replay = open_replay
        self._search = search or SearchSettings()
        self._enough = enough_games
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep_preparing, name="yardstick", daemon=True)

    def start(self) -> None:
        """Prepare beside the caller, who need not wait a minute for it, until all sets are made.

        Those that are there already are read at once: no model goes unmeasured after a restart.
        """
        if self._told(self._read):
            self._thread.start()

    def stop(self) -> None:
        """Give up preparing; what is not finished is made anew by the next start."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def prepare(self) -> None:
        """Read the sets of the run; make and keep those that are missing and can be made by now.

        Raises StorageError, and ConfigError for a file that does not fit the game.
        """
        for name in SETS:
            if name not in self.sets and not self._stopped.is_set():
                self._prepare(name)

    def measure(
        self,
        data: bytes,
        step: int,
        simulations: int,
        watched: Callable[[Player], Player] = as_it_is,
    ) -> list[dict[str, Any]]:
        """Rows of stats.json for a model in ONNX bytes, one for each set that is not empty.

        `simulations` a move, 0 = the policy alone; the player is `watched` as he thinks. Raises
        ModelError for a model that does not fit.
        """
        ready = [name for name in SETS if self.sets.get(name)]
        if not ready:
            return []
        player = watched(
            SearchPlayer(self._game, OnnxEvaluator(self._game, data), simulations, self._search)
        )
        return [
            {"step": step, "set": name, "simulations": simulations, **self._shares(player, name)}
            for name in ready
        ]

    def _shares(self, player: Player, name: str) -> dict[str, Any]:
        found = accuracy(player, self.sets[name], np.random.default_rng(0))
        kept = ("positions", "wdl_optimal", "wdl_interval", "exact_optimal", "random_wdl_optimal")
        return {field: found[field] for field in kept}

    def _read(self) -> None:
        for name in SETS:
            if self._paths.yardstick(name).exists():
                self._prepare(name)

    def _keep_preparing(self) -> None:
        done = self._told(self.prepare)
        while done and len(self.sets) < len(SETS) and not self._stopped.wait(LOOK_SECONDS):
            done = self._told(self.prepare)

    def _told(self, action: Callable[[], None]) -> bool:
        """Whether it could be done; those who wait for the sets are told why not."""
        try:
            action()
        except CartridgeError as error:  # the run itself need not end for it
            LOG.error("no more solved positions to measure by: %s", error)
            return False
        return True

    def _prepare(self, name: str) -> None:
        path = self._paths.yardstick(name)
        if not path.exists():
            lines = self._lines(name)
            if lines is None:
                return
            made = labelled(
                self._game,
                lines,
                self._solve,
                POSITIONS,
                quiet(self._game) if name == "hard" else all_worth,
                hard(self._game) if name == "hard" else all_wanted,
                self._stopped.is_set,
            )
            if self._stopped.is_set():
                return
            LOG.info("%d of %d solved positions in the set %s", len(made), POSITIONS, name)
            write_atomically(path, text_of(self._game, made))
        # An empty file is the honest record of a solver that reaches nothing.
        found = read_positions(path, self._game) if path.stat().st_size > 0 else []
        self.sets = {**self.sets, name: found}  # whole, for those who read it meanwhile

    def _lines(self, name: str) -> Iterator[Line] | None:
        """Where a set's positions come from; None as long as there are too few games."""
        rng = np.random.default_rng(SETS.index(name))
        if name == "random":
            return random_lines(self._game, rng)
        games = self._games()
        if games is None:
            return None
        own = lines_of(games, rng)
        return own if name == "selfplay" else in_turn(own, random_lines(self._game, rng))

    def _games(self) -> list[Line] | None:
        with self._open_replay() as replay:
            if replay.stored().games < self._enough:
                return None
            newest = replay.newest(self._enough)
        return [record.moves.tolist() for _, record in newest]


def yardstick_of(settings: Settings) -> Yardstick:
    """The yardstick of the run that `settings` name, with the game's own solver."""
    game, paths = find(settings.run.game), run_paths(settings)
    return Yardstick(
        game,
        paths,
        solver_of(game),
        lambda: SqliteReplay(paths.replay, game),
        settings.search,
    )
