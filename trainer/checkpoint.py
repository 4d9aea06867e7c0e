"""A learner on disk: all that is needed to continue exactly where it stopped.

The window is not stored: the replay has it, and the checkpoint says which games were in it.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import torch

from engine.errors import StorageError
from storage.atomic import write_atomically
from storage.layout import RunPaths
from storage.replay import Replay
from trainer.learner import TAIL_GAMES, Learner
from trainer.network import architecture

FORMAT = 2


def save(learner: Learner, paths: RunPaths, seconds: float, iteration: int = 0) -> None:
    """Write checkpoint.pt atomically; `seconds` of training so far, `iteration` of the loop."""
    content = {
        "format": FORMAT,
        "game": learner.game.name,
        "rules_version": learner.game.version,
        "architecture": architecture(learner.settings.network),
        "network": learner.network.state_dict(),
        "averaged": learner.averaged.state_dict(),
        "optimizer": learner.optimizer.state_dict(),
        "torch_rng": torch.get_rng_state(),
        "rng": learner.rng.bit_generator.state,
        "step": learner.step,
        "samples_used": learner.samples_used,
        "games": learner.games,
        "last_id": learner.last_id,
        "seen": learner.seen,
        "first_id": learner.contents.games[0][0] if learner.contents.games else 0,
        "held": learner.contents.held,
        "seconds": seconds,
        "iteration": iteration,
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_atomically(paths.checkpoint, buffer.getvalue())


def restore(learner: Learner, paths: RunPaths, replay: Replay) -> tuple[float, int]:
    """Continue from checkpoint.pt if there is one; returns training seconds and loop iteration.

    Raises StorageError for a file that is damaged or belongs to another game or architecture; the
    file is left as it is.
    """
    if not paths.checkpoint.exists():
        return 0.0, 0
    content = _read(paths)
    _refuse_other(learner, paths, content)
    learner.network.load_state_dict(content["network"])
    learner.averaged.load_state_dict(content["averaged"])
    learner.optimizer.load_state_dict(content["optimizer"])
    torch.set_rng_state(content["torch_rng"])
    learner.rng.bit_generator.state = content["rng"]
    learner.step = content["step"]
    learner.samples_used = content["samples_used"]
    _refill(learner, replay, content)
    return content["seconds"], content["iteration"]


def _refill(learner: Learner, replay: Replay, content: dict[str, Any]) -> None:
    """Read the window's games again, from its first one to the last one that was taken in."""
    learner.window.start_at(content["seen"] - content["held"])
    learner.last_id = content["first_id"] - 1
    while learner.last_id < content["last_id"]:
        games = replay.tail(learner.last_id, TAIL_GAMES)
        for identity, record in games:
            if identity <= content["last_id"]:
                learner.take(identity, record)
        if not games or games[-1][0] >= content["last_id"]:
            break
    learner.lost = content["seen"] - learner.window.seen
    learner.last_id = content["last_id"]
    learner.games = content["games"]


def _read(paths: RunPaths) -> dict[str, Any]:
    try:
        content: dict[str, Any] = torch.load(paths.checkpoint, weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StorageError(
            f"the checkpoint {paths.checkpoint} cannot be read ({reason});"
            " move it away to start learning anew from the stored games"
        ) from None
    if content.get("format") != FORMAT:
        raise StorageError(
            f"the checkpoint {paths.checkpoint} has format {content.get('format')}, this version"
            f" reads {FORMAT}; move it away to start learning anew from the stored games"
        )
    return content


def _refuse_other(learner: Learner, paths: RunPaths, content: dict[str, Any]) -> None:
    expected = {
        "game": learner.game.name,
        "rules_version": learner.game.version,
        "architecture": architecture(learner.settings.network),
    }
    for name, value in expected.items():
        if content[name] != value:
            raise StorageError(
                f"the checkpoint {paths.checkpoint} has {name} {content[name]}, the configuration"
                f" says {value}; choose another run.name or restore the setting"
            )
