"""How many floating-point operations a network takes, counted by torch itself."""

from __future__ import annotations

import copy
from typing import cast

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from engine.game import Game
from trainer.network import Network

LEARNING = 3
"""A step costs three times its forward pass: two more products for each one, backwards."""


def playing_flops(network: nn.Module, game: Game) -> int:
    """Of one position judged in play; a multiplication and an addition are two operations.

    Convolutions and matrix products alone count, as usual: the rest is a per cent or two.
    """
    return _counted(network, game, lesson=False)


def learning_flops(network: nn.Module, game: Game) -> int:
    """Of one sample learnt from, all heads included, forward and backward."""
    return LEARNING * _counted(network, game, lesson=True)


def _counted(network: nn.Module, game: Game, lesson: bool) -> int:
    # Shapes without numbers: nothing is computed and the network itself is not touched.
    shadow = copy.deepcopy(network).to("meta").eval()
    position = torch.zeros(1, *game.planes, device="meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        if lesson:
            cast(Network, shadow).lesson(position)
        else:
            shadow(position)
    return int(counter.get_total_flops())
