"""The networks: observations in, policy logits and win/draw/loss logits out.

Both families share the heads' meaning, and two more heads that only teach: `lesson` gives their
answers too, the exported model has none of them (Wu, 2019: auxiliary targets regularise). Knows
nothing of games beyond shapes, nor of training.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from engine.config import NetworkSettings
from engine.game import Game

OWNERS = 3
"""Nobody, the mover, the other: whose piece lies on a cell when the game is over."""


class Lesson(NamedTuple):
    """The answers of all heads to B observations."""

    policy: Tensor  # [B, A] logits
    wdl: Tensor  # [B, 3] logits
    reply: Tensor  # [B, A] logits of the move after this one
    owners: Tensor  # [B, 3, cells] logits of who has each cell at the end
    margin: Tensor  # [B] the final margin, as a share of the largest one


class Block(nn.Module):
    """Two 3x3 convolutions around a skip connection (He et al., 2016).

    A pooled block tells every cell, between the two, the mean and the maximum of each channel over
    the board (after Wu, 2019, section 3.2). They are those of its input, so that both convolutions
    stand between two ReLUs and can be computed in int8.
    """

    def __init__(self, width: int, pooled: bool) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )
        self.whole_board = nn.Linear(2 * width, width) if pooled else None
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """`[B, width, H, W]` to the same shape."""
        y = self.first(x)
        if self.whole_board is not None:
            pooled = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)
            y = y + self.whole_board(pooled)[:, :, None, None]
        return torch.relu(x + self.second(torch.relu(y)))


class ConvNet(nn.Module):
    """Residual tower with a learned bias per cell, so that it knows where the board ends.

    The bias comes after the stem's normalisation: before it the normalisation could not be folded.
    """

    def __init__(self, game: Game, settings: NetworkSettings) -> None:
        super().__init__()
        channels, rows, columns = game.planes
        width, depth, cells = settings.width, settings.depth, rows * columns
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )
        self.place = nn.Parameter(torch.zeros(1, width, rows, columns))
        plain = depth - settings.pooled_blocks
        self.tower = nn.Sequential(*(Block(width, i >= plain) for i in range(depth)))
        self.policy = _head(width, 16, cells, game.actions)
        self.wdl_features = nn.Sequential(_head(width, 8, cells, 64), nn.ReLU())
        self.wdl = nn.Linear(64, 3)
        self.reply = _head(width, 16, cells, game.actions)
        self.owners = nn.Conv2d(width, OWNERS, 1)
        self.margin = nn.Linear(64, 1)

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, C, H, W]` to policy logits `[B, A]` and win/draw/loss logits `[B, 3]`."""
        x = self._body(observations)
        return self.policy(x), self.wdl(self.wdl_features(x))

    def lesson(self, observations: Tensor) -> Lesson:
        """`[B, C, H, W]` to the answers of all heads."""
        x = self._body(observations)
        features = self.wdl_features(x)
        return Lesson(
            policy=self.policy(x),
            wdl=self.wdl(features),
            reply=self.reply(x),
            owners=self.owners(x).flatten(2),
            margin=self.margin(features)[:, 0],
        )

    def _body(self, observations: Tensor) -> Tensor:
        return cast(Tensor, self.tower(torch.relu(self.stem(observations) + self.place)))


def _head(width: int, channels: int, cells: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(channels * cells, outputs),
    )


class PerceptronNet(nn.Module):
    """Plain fully connected layers, for small boards."""

    def __init__(self, game: Game, settings: NetworkSettings) -> None:
        super().__init__()
        channels, rows, columns = game.planes
        width = settings.width
        sizes = [channels * rows * columns] + [width] * settings.depth
        layers: list[nn.Module] = [nn.Flatten()]
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.policy = nn.Linear(width, game.actions)
        self.wdl = nn.Linear(width, 3)
        self.reply = nn.Linear(width, game.actions)
        self.owners = nn.Linear(width, OWNERS * rows * columns)
        self.margin = nn.Linear(width, 1)

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, C, H, W]` to policy logits `[B, A]` and win/draw/loss logits `[B, 3]`."""
        x = self.body(observations)
        return self.policy(x), self.wdl(x)

    def lesson(self, observations: Tensor) -> Lesson:
        """`[B, C, H, W]` to the answers of all heads."""
        x = self.body(observations)
        return Lesson(
            policy=self.policy(x),
            wdl=self.wdl(x),
            reply=self.reply(x),
            owners=self.owners(x).unflatten(1, (OWNERS, -1)),
            margin=self.margin(x)[:, 0],
        )


Network = ConvNet | PerceptronNet


class Judge(nn.Module):
    """A network as it is exported: win, draw and loss as probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, C, H, W]` to policy logits `[B, A]` and probabilities `[B, 3]`."""
        logits, wdl = cast(tuple[Tensor, Tensor], self.network(observations))
        return logits, torch.softmax(wdl, dim=1)


def build(game: Game, settings: NetworkSettings) -> Network:
    """A fresh network of the configured family and size for a game."""
    family = ConvNet if settings.family == "conv" else PerceptronNet
    network = family(game, settings)
    # Channels last: convolutions on a CPU learn about a sixth faster.
    return cast(Network, network.to(memory_format=torch.channels_last))  # type: ignore[call-overload]


def architecture(settings: NetworkSettings) -> str:
    """The family and size in a word, as in cards and checkpoints: conv-32x4, conv-64x5p2."""
    pooled = settings.pooled_blocks if settings.family == "conv" else 0
    return f"{settings.family}-{settings.width}x{settings.depth}" + (f"p{pooled}" if pooled else "")
