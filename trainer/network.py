"""The networks: observations in, policy logits and win/draw/loss logits out.

Both families share the heads' meaning. Knows nothing of games beyond shapes, nor of training.
"""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from engine.config import NetworkSettings
from engine.game import Game


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around a skip connection (He et al., 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """`[B, width, H, W]` to the same shape."""
        return torch.relu(x + self.layers(x))


class ConvNet(nn.Module):
    """Residual tower with a learned bias per cell, so that it knows where the board ends.

    The bias comes after the stem's normalisation: before it the normalisation could not be folded.
    """

    def __init__(self, planes: tuple[int, int, int], actions: int, width: int, depth: int) -> None:
        super().__init__()
        channels, rows, columns = planes
        cells = rows * columns
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )
        self.place = nn.Parameter(torch.zeros(1, width, rows, columns))
        self.tower = nn.Sequential(*(ResidualBlock(width) for _ in range(depth)))
        self.policy = nn.Sequential(
            nn.Conv2d(width, 16, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(16 * cells, actions),
        )
        self.wdl = nn.Sequential(
            nn.Conv2d(width, 8, 1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(8 * cells, 64),
            nn.ReLU(),
            nn.Linear(64, 3),
        )

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, C, H, W]` to policy logits `[B, A]` and win/draw/loss logits `[B, 3]`."""
        x = self.tower(torch.relu(self.stem(observations) + self.place))
        return self.policy(x), self.wdl(x)


class PerceptronNet(nn.Module):
    """Plain fully connected layers, for small boards."""

    def __init__(self, planes: tuple[int, int, int], actions: int, width: int, depth: int) -> None:
        super().__init__()
        channels, rows, columns = planes
        sizes = [channels * rows * columns] + [width] * depth
        layers: list[nn.Module] = [nn.Flatten()]
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.policy = nn.Linear(width, actions)
        self.wdl = nn.Linear(width, 3)

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, C, H, W]` to policy logits `[B, A]` and win/draw/loss logits `[B, 3]`."""
        x = self.body(observations)
        return self.policy(x), self.wdl(x)


class Judge(nn.Module):
    """A network as it is exported: win, draw and loss as probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, C, H, W]` to policy logits `[B, A]` and probabilities `[B, 3]`."""
        logits, wdl = cast(tuple[Tensor, Tensor], self.network(observations))
        return logits, torch.softmax(wdl, dim=1)


def build(game: Game, settings: NetworkSettings) -> nn.Module:
    """A fresh network of the configured family and size for a game."""
    family = ConvNet if settings.family == "conv" else PerceptronNet
    network = family(game.planes, game.actions, settings.width, settings.depth)
    # Channels last: convolutions on a CPU learn about a sixth faster.
    return cast(nn.Module, network.to(memory_format=torch.channels_last))  # type: ignore[call-overload]


def architecture(settings: NetworkSettings) -> str:
    """The family and size in a word, as it stands in cards and checkpoints: conv-32x4."""
    return f"{settings.family}-{settings.width}x{settings.depth}"
