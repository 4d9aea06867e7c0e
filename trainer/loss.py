"""The loss: cross-entropy of the policy plus the error of the value, each term by name."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from trainer.samples import Batch

ILLEGAL_LOGIT = -1e9
"""Finite, so that 0 * log(0) cannot become NaN."""


class Loss(NamedTuple):
    """The terms of one batch, scalars; `total` is what is minimised."""

    total: Tensor
    policy: Tensor  # cross-entropy with the visit shares, in nats
    value: Tensor
    policy_entropy: Tensor  # of the visit shares: the floor of `policy`, in nats


def loss_of(network: nn.Module, batch: Batch, value_weight: float, result_share: float) -> Loss:
    """Policy cross-entropy over legal actions + `value_weight` * value loss.

    The value loss mixes the cross-entropy of win/draw/loss with the final result (`result_share`)
    and the squared error of w - l against the search's root value (the rest).
    """
    observations = torch.from_numpy(batch.observations)
    logits, wdl = network(observations.contiguous(memory_format=torch.channels_last))
    logits = logits.masked_fill(torch.from_numpy(batch.illegal), ILLEGAL_LOGIT)
    target = torch.from_numpy(batch.policy)
    policy = -(target * torch.log_softmax(logits, dim=1)).sum(dim=1).mean()
    entropy = torch.special.entr(target).sum(dim=1).mean()
    log_wdl = torch.log_softmax(wdl, dim=1)
    by_result = -(torch.from_numpy(batch.wdl) * log_wdl).sum(dim=1).mean()
    chances = log_wdl.exp()
    error = chances[:, 0] - chances[:, 2] - torch.from_numpy(batch.root_value)
    value = result_share * by_result + (1 - result_share) * error.square().mean()
    return Loss(policy + value_weight * value, policy, value, entropy)
