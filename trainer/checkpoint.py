"""A learner on disk: all that is needed to continue exactly where it stopped.

The window is not stored: the replay has it, and the checkpoint says which games were in it.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from engine.errors import StorageError
from storage.atomic import read_whole, remove, write_atomically
from storage.layout import RunPaths, steps_in
from storage.replay import Replay
from trainer.divergence import Setbacks
from trainer.export import digest
from trainer.learner import TAIL_GAMES, Learner
from trainer.network import architecture

FORMAT = 2

ANEW = "move it away to start learning anew from the stored games"


def save(learner: Learner, paths: RunPaths, seconds: float, iteration: int = 0) -> None:
    """Write checkpoint.pt atomically; `seconds` of training so far, `iteration` of the loop."""
    content = {
        "format": FORMAT,
        "game": learner.game.name,
        "rules_version": learner.game.version,
        "architecture": architecture(learner.settings.network),
        "network": learner.network.state_dict(),
        "averaged": learner.averaged.state_dict(),
        "sha256": digest(learner.averaged.module),
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
        "setbacks": asdict(learner.setbacks),
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_atomically(paths.checkpoint, buffer.getvalue())


def keep(paths: RunPaths, step: int, most: int, best: int | None) -> None:
    """Keep checkpoint.pt as that of the model published at `step`.

    Of all that are kept the newest `most` stay, and that of the `best` step.
    """
    data = read_whole(paths.checkpoint)
    assert data is not None, "a checkpoint is saved before it is kept"
    write_atomically(paths.checkpoint_of(step), data)
    steps = steps_in(paths.checkpoints)
    for old in steps[: max(0, len(steps) - most)]:
        if old != best:
            remove(paths.checkpoint_of(old))


def forget_after(paths: RunPaths, step: int) -> None:
    """Remove the kept checkpoints of later steps: the learner went back."""
    for later in steps_in(paths.checkpoints):
        if later > step:
            remove(paths.checkpoint_of(later))


def restore(learner: Learner, paths: RunPaths, replay: Replay) -> tuple[float, int]:
    """Continue from checkpoint.pt if there is one; returns training seconds and loop iteration.

    Raises StorageError for a file that is damaged, or belongs to another game, architecture or
    replay; the file is left as it is.
    """
    if not paths.checkpoint.exists():
        return 0.0, 0
    content = _read(paths.checkpoint)
    _refuse_other(learner, paths.checkpoint, content)
    _refuse_other_replay(paths, content, replay)
    _load(learner, paths.checkpoint, content)
    torch.set_rng_state(content["torch_rng"])
    learner.rng.bit_generator.state = content["rng"]
    learner.samples_used = content["samples_used"]
    learner.setbacks = Setbacks(**content["setbacks"])
    _refill(learner, replay, content)
    return content["seconds"], content["iteration"]


def go_back(learner: Learner, path: Path) -> None:
    """Take weights, averages, optimizer and step from a checkpoint; nothing else goes back.

    The window keeps what was learnt from, so the samples used and the games taken in stay counted:
    the replay ratio holds, and no actor waits for steps that are taken a second time. The random
    numbers run on, so other batches are drawn than those that led astray. Raises StorageError.
    """
    content = _read(path)
    _refuse_other(learner, path, content)
    _load(learner, path, content)
    learner.losses.start_anew()


def weights_of(path: Path) -> str | None:
    """The sha256 of the model that was exported with a checkpoint, None if there is no such file.

    Raises StorageError for a damaged one.
    """
    return str(_read(path)["sha256"]) if path.exists() else None


def _load(learner: Learner, path: Path, content: dict[str, Any]) -> None:
    try:
        learner.network.load_state_dict(content["network"])
        learner.averaged.load_state_dict(content["averaged"])
        learner.optimizer.load_state_dict(content["optimizer"])
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise StorageError(f"the checkpoint {path} does not fit ({reason}); {ANEW}") from None
    learner.step = content["step"]


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


def _read(path: Path) -> dict[str, Any]:
    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StorageError(f"the checkpoint {path} cannot be read ({reason}); {ANEW}") from None
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise StorageError(f"the checkpoint {path} cannot be read (it holds a {kind}); {ANEW}")
    if content.get("format") != FORMAT:
        raise StorageError(
            f"the checkpoint {path} has format {content.get('format')}, this version reads"
            f" {FORMAT}; use the version that wrote it, or {ANEW}"
        )
    return content


def _refuse_other(learner: Learner, path: Path, content: dict[str, Any]) -> None:
    expected = {
        "game": learner.game.name,
        "rules_version": learner.game.version,
        "architecture": architecture(learner.settings.network),
    }
    for name, value in expected.items():
        if content[name] != value:
            raise StorageError(
                f"the checkpoint {path} has {name} {content[name]}, the configuration"
                f" says {value}; choose another run.name or restore the setting"
            )


def _refuse_other_replay(paths: RunPaths, content: dict[str, Any], replay: Replay) -> None:
    newest = replay.totals().last_id
    if newest < content["last_id"]:
        raise StorageError(
            f"the checkpoint {paths.checkpoint} has learnt from game {content['last_id']}, but"
            f" {paths.replay} ends with game {newest}: put back the one that belongs to it, or move"
            " the checkpoint away to start learning anew from the stored games"
        )
