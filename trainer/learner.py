"""One learner: window, network, optimiser, averaged weights; takes steps and keeps the count.

Knows nothing of processes, files or time; `trainer.checkpoint` stores it, `trainer.continuous` and
`trainer.loop` drive it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from engine.config import Settings
from engine.errors import ConfigError
from engine.game import Game
from storage.replay import Replay
from storage.replay.record import GameRecord
from trainer.divergence import Diverged, LossWatch, Setbacks
from trainer.export import export
from trainer.loss import loss_of
from trainer.network import architecture, build
from trainer.quality import Quality
from trainer.samples import Window
from trainer.schedule import learning_rate, progress
from trainer.targets import has_owners, most_margin

TAIL_GAMES = 512
SAMPLE_POSITIONS = 64


@dataclass(frozen=True)
class StepReport:
    """What one step measured."""

    loss: float
    policy_loss: float
    value_loss: float
    policy_entropy: float
    reply_loss: float
    ending_loss: float
    learning_rate: float
    grad_norm: float


class Contents:
    """Which games are in the window, oldest first: (id, positions)."""

    def __init__(self) -> None:
        self.games: deque[tuple[int, int]] = deque()
        self.held = 0

    def add(self, identity: int, positions: int, window: int) -> None:
        """Append a game and forget those of which the window's `window` positions hold nothing."""
        self.games.append((identity, positions))
        self.held += positions
        while self.held - self.games[0][1] >= window and len(self.games) > 1:
            self.held -= self.games.popleft()[1]


class Learner:
    """Everything that changes while a run learns."""

    def __init__(self, game: Game, settings: Settings) -> None:
        torch.manual_seed(settings.run.seed)
        self.game = game
        self.settings = settings
        self.device = device_of(settings)
        self.network = build(game, settings.network).to(self.device)
        self.averaged = AveragedModel(
            self.network, multi_avg_fn=_averaging(settings.learner.ema_decay), use_buffers=True
        )
        self._parameters = list(self.network.parameters())
        self.optimizer = torch.optim.AdamW(
            self._parameters, weight_decay=settings.learner.weight_decay, fused=True
        )
        self.rng = np.random.default_rng(settings.run.seed)
        self.window = Window(game, settings.learner)
        self.quality = Quality(game)
        self.precision = precision_of(settings, self.device)
        self.step = 0
        self.seconds = 0.0
        """Training time of the run over all restarts, told by who drives the learner."""
        self.lost = 0
        """Positions that were taken in before a restart and are in the replay no more."""
        self.samples_used = 0
        self.games = 0
        self.last_id = 0
        self.contents = Contents()
        self.losses = LossWatch(settings.learner)
        self.setbacks = Setbacks()
        if settings.learner.window_positions < game.max_plies:
            raise ConfigError(
                f"learner.window_positions = {settings.learner.window_positions} cannot hold one"
                f" game of {game.title}; it must be at least {game.max_plies}"
            )

    @property
    def seen(self) -> int:
        """Positions taken in over the whole run."""
        return self.window.seen + self.lost

    @property
    def progress(self) -> float:
        """The share of the schedule that is over, 0 to 1."""
        return progress(self.step, self.seconds, self.settings.learner)

    @property
    def horizon(self) -> int:
        """The step at which the schedule ends; with a time budget as far as can be told by now."""
        settings = self.settings.learner
        if settings.minutes == 0 or self.progress == 0:
            return settings.horizon_steps
        return max(self.step, round(self.step / self.progress), 1)

    @property
    def is_finished(self) -> bool:
        """Whether the time that the run was given is over."""
        return self.settings.learner.minutes > 0 and self.progress == 1

    def ingest(self, replay: Replay) -> int:
        """Take in the next games of the journal; returns how many."""
        games = replay.tail(self.last_id, TAIL_GAMES)
        for identity, record in games:
            self.take(identity, record)
            self.games += 1
        return len(games)

    def take(self, identity: int, record: GameRecord) -> None:
        """Put a game into the window."""
        self.window.add(record)
        self.contents.add(identity, len(record.plies), len(self.window))
        self.quality.add(record)
        self.last_id = identity

    def waits_for(self) -> str | None:
        """Why no step may be taken yet, in words, or None."""
        settings = self.settings.learner
        seen = self.seen
        if seen < settings.min_positions:
            return f"waiting for data: {seen}/{settings.min_positions} positions"
        if not len(self.window):
            return "waiting for data: none of the games seen so far is stored any more"
        wanted = (self.samples_used + settings.batch_size) / settings.replay_ratio
        if seen < wanted:
            return f"waiting for data: {seen}/{wanted:.0f} positions"
        return None

    def train_step(self) -> StepReport:
        """One step on a batch from the window; raises Diverged before it moves a weight."""
        settings = self.settings.learner
        batch = self.window.draw(settings.batch_size, self.rng)
        rate = learning_rate(self.step, settings, self.seconds) * self.setbacks.rate_factor
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        loss = loss_of(
            self.network,
            batch,
            settings,
            most_margin(self.game),
            has_owners(self.game),
            self.precision,
        )
        self.optimizer.zero_grad(set_to_none=True)
        loss.total.backward()
        norm = nn.utils.clip_grad_norm_(self._parameters, settings.clip_norm)
        if not bool(torch.isfinite(loss.total) & torch.isfinite(norm)):
            raise Diverged(
                f"step {self.step}: loss {float(loss.total.detach()):g}, gradient norm"
                f" {float(norm):g} at the learning rate {rate:g}"
            )
        self.losses.look(self.step, float(loss.total.detach()))
        self.optimizer.step()
        self.averaged.update_parameters(self.network)
        self.step += 1
        self.samples_used += settings.batch_size
        return StepReport(
            loss=float(loss.total.detach()),
            policy_loss=float(loss.policy.detach()),
            value_loss=float(loss.value.detach()),
            policy_entropy=float(loss.policy_entropy),
            reply_loss=float(loss.reply.detach()),
            ending_loss=float(loss.ending.detach()),
            learning_rate=rate,
            grad_norm=float(norm),
        )

    def export(self) -> bytes:
        """The averaged network as verified ONNX bytes; raises ModelError if the check fails."""
        return export(
            self.game,
            self.averaged.module,
            self.step,
            architecture(self.settings.network),
            self._sample(),
            self.progress,
        )

    def _sample(self) -> NDArray[np.float32]:
        # A generator of its own, so that publishing does not change what is trained on.
        return self.window.draw(SAMPLE_POSITIONS, np.random.default_rng(self.step)).observations


def device_of(settings: Settings) -> torch.device:
    """Where the settings want the network to be trained; raises ConfigError where that is not."""
    wanted = settings.learner.device
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise ConfigError(
            f"learner.device = 'cuda' cannot be used: torch {torch.__version__} finds no GPU; see"
            " nvidia-smi, install a build of torch for CUDA, or leave it at 'auto'"
        )
    return torch.device("cuda" if there and wanted != "cpu" else "cpu")


def precision_of(settings: Settings, device: torch.device) -> torch.dtype:
    """What the settings mean here: bfloat16 pays for convolutions where the device has it."""
    wanted = settings.learner.precision
    if wanted == "auto" and settings.network.family == "conv":
        if device.type == "cuda":
            able = torch.cuda.is_bf16_supported()
        else:
            able = torch.cpu._is_avx512_bf16_supported()  # no public name for it
        wanted = "bfloat16" if able else "float32"
    return torch.bfloat16 if wanted == "bfloat16" else torch.float32


def _averaging(decay: float):
    """Exponential moving average whose memory grows to `decay`, so that it starts unbiased."""

    @torch.no_grad()
    def update(averaged: Sequence[Tensor], current: Sequence[Tensor], count: Tensor | int) -> None:
        weight = 1 - min(decay, (1 + int(count)) / (10 + int(count)))
        for ours, theirs in zip(averaged, current, strict=True):
            if ours.is_floating_point():
                ours.lerp_(theirs, weight)
            else:
                ours.copy_(theirs)

    return update
