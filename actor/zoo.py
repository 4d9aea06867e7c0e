"""Makes an entry of the zoo from a run: how strong its model is, its levels, its card.

Levels are rated on a ladder of their own, random = 0, together with a few anchors that need no
network. All games are those of actor/arena.py: searches side by side, without the tree that the
browser keeps from move to move.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from actor.accuracy import accuracy, read_positions
from actor.arena import Score
from actor.contest import Match, contest
from actor.specs import Recipe, Spec, parse, recipe
from actor.tournament import Plan, Tournament
from engine.config import Settings
from engine.errors import ConfigError, ModelError
from engine.evaluator.onnx import ModelCard, OnnxEvaluator, read_card
from engine.game import Game
from engine.games import find
from storage.ladder import ANCHOR, Ladder
from storage.layout import RunPaths
from storage.levels import LEVELS, Level
from storage.models.filesystem import FilesystemModels
from storage.starts import read_starts
from storage.stats import read_stats
from storage.zoo import MOST_BYTES, Accuracy, Anchor, Card, MatchResult, Training

ANCHORS = ("greedy", "mcts:50", "alphabeta:4")
"""Players without a network that the levels meet, beside random."""
REACH = 3
"""Anchors and levels meet at first those so many places apart: their order is roughly known."""


@dataclass(frozen=True)
class Candidate:
    """A model on its way into the zoo, and what it plays; raises ModelError if it does not fit."""

    game: Game
    settings: Settings
    data: bytes

    def __post_init__(self) -> None:
        if len(self.data) > MOST_BYTES:
            raise ModelError(
                f"the model has {len(self.data)} bytes, the zoo takes {MOST_BYTES};"
                " train a smaller network"
            )
        OnnxEvaluator(self.game, self.data)

    @property
    def sha256(self) -> str:
        """The digest of the whole file."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def known(self) -> ModelCard:
        """What the file says of itself."""
        return read_card(self.data)

    def recipe(self, simulations: int, temperature: float = 0.0) -> Recipe:
        """The model as a player."""
        return Recipe(Spec("model", simulations, "zoo", temperature), self.data)


def candidate(settings: Settings, paths: RunPaths, name: str | None) -> Candidate:
    """The model `name` (best, latest, step_004000) of the run; None: the best, else the latest."""
    models = FilesystemModels(paths)
    if name is None:
        name = "latest" if models.best() is None else "best"
    spec = parse(f"{name}@0")
    if spec.model.startswith("zoo"):
        raise ConfigError(
            f"--model {name}: a model comes into the zoo from a run, not from the zoo"
        )
    data = recipe(spec, models).model
    assert data is not None
    return Candidate(find(settings.run.game), settings, data)


def entrants() -> list[str]:
    """Anchors and levels on their ladder, roughly from weak to strong."""
    levels = [_spec(level) for level in LEVELS]
    greedy, search, ahead = ANCHORS
    return [*levels[:2], greedy, levels[2], search, levels[3], ahead, *levels[4:]]


def rate_levels(
    chosen: Candidate, paths: RunPaths, plan: Plan, report: Callable[[Ladder], None]
) -> tuple[list[Level], list[Anchor]]:
    """Play the ladder of the levels, or play it on; the levels rated, and the anchors."""
    path = paths.levels(chosen.sha256)
    tournament = Tournament(
        chosen.game,
        chosen.settings.search,
        FilesystemModels(paths),
        path,
        plan,
        report,
        zoo=lambda: chosen.data,
    )
    tournament.enter(entrants())
    ladder = tournament.run()
    mark = f"zoo-{chosen.sha256[:8]}@"
    rated = {entry.spec.replace(mark, "zoo@"): entry for entry in ladder.players}
    numbers = {"rating", "low", "high", "games"}
    levels = [
        level.model_copy(update=rated[_spec(level)].model_dump(include=numbers)) for level in LEVELS
    ]
    anchors = [
        Anchor(player=name, **rated[name].model_dump(include=numbers))
        for name in (ANCHOR, *ANCHORS)
    ]
    return levels, anchors


def play_match(
    chosen: Candidate,
    opponent: str,
    simulations: int,
    match: Match,
    report: Callable[[Score], None],
) -> MatchResult:
    """A match of the model against a player without one."""
    ours, theirs = chosen.recipe(simulations), Recipe(_without_model(opponent))
    outcome = contest(chosen.game, chosen.settings.search, [ours, theirs], match, report)
    found = outcome.as_dict()
    del found["pairs"]
    names = {"player": str(ours.spec), "opponent": str(theirs.spec)}
    return MatchResult.model_validate({**names, **found})


def measure_accuracy(chosen: Candidate, positions: Path, simulations: int) -> Accuracy:
    """How often the model chooses on the solved `positions` what exact play would choose."""
    solved = read_positions(positions, chosen.game)
    ours = chosen.recipe(simulations)
    player = ours.player(chosen.game, chosen.settings.search)
    found = accuracy(player, solved, np.random.default_rng(chosen.settings.run.seed))
    count = found.pop("positions")
    del found["by_ply"]
    names = {"positions": positions.stem, "player": str(ours.spec), "simulations": simulations}
    return Accuracy.model_validate({**names, "count": count, **found})


def training(
    paths: RunPaths, step: int, commands: list[str], compute: str | None, note: str
) -> Training:
    """What the run tells of the way to `step`; given `commands` and `compute` stand for its own.

    Raises ConfigError where nobody knows the command.
    """
    starts = read_starts(paths)
    told = commands or list(dict.fromkeys(start.command for start in starts))
    if not told:
        raise ConfigError(
            f"{paths.starts} is missing, the run is older than it; say how it was trained with"
            " --command and --compute"
        )
    history = (read_stats(paths) or {}).get("history", [])
    row: dict[str, Any] = next((row for row in reversed(history) if row["step"] <= step), {})
    return Training(
        run=paths.root.name,
        commands=told,
        seed=starts[0].seed if starts else None,
        seconds=row.get("seconds"),
        games=row.get("games"),
        positions=row.get("positions"),
        compute=compute or "; ".join(dict.fromkeys(start.compute for start in starts)) or "unknown",
        note=note,
    )


def card_of(chosen: Candidate, **measured: object) -> Card:
    """The card of a model: what its file says, beside what was measured."""
    known, game = chosen.known, chosen.game
    return Card.model_validate(
        {
            "game": game.name,
            "rules_version": known.rules_version,
            "planes": list(game.planes),
            "actions": game.actions,
            "sha256": chosen.sha256,
            "step": known.step,
            "architecture": known.architecture,
            "created_at": in_words(known.created_at),
            **measured,
        }
    )


def in_words(seconds_since_epoch: float) -> str:
    """A moment in UTC as ISO 8601 spells it."""
    return datetime.fromtimestamp(seconds_since_epoch, UTC).isoformat(timespec="seconds")


def _spec(level: Level) -> str:
    return str(Spec("model", level.simulations, "zoo", level.temperature))


def _without_model(text: str) -> Spec:
    spec = parse(text)
    if spec.kind == "model":
        raise ConfigError(
            f"{text!r} is a model of a run; a card tells of opponents that everybody has,"
            " such as mcts:800 or alphabeta:4"
        )
    return spec
