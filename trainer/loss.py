"""The loss: cross-entropy of the policy plus the error of the value, each term by name."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from engine.config import LearnerSettings
from trainer.network import Network
from trainer.samples import Batch

ILLEGAL_LOGIT = -1e9
"""Finite, so that 0 * log(0) cannot become NaN."""


class Loss(NamedTuple):
    """The terms of one batch, scalars; `total` is what is minimised."""

    total: Tensor
    policy: Tensor  # cross-entropy with the search's policy, in nats
    value: Tensor
    policy_entropy: Tensor  # of the search's policy: the floor of `policy`, in nats
    reply: Tensor  # cross-entropy with the move that followed, in nats
    ending: Tensor  # cross-entropy of the owners, in nats a cell, plus the margin's squared error


def loss_of(
    network: Network,
    batch: Batch,
    settings: LearnerSettings,
    margin_scale: float,
    owners: bool,
    precision: torch.dtype = torch.float32,
) -> Loss:
    """Policy cross-entropy over legal actions + weighted losses of value, reply and ending.

    The value loss mixes the cross-entropy of win/draw/loss with the final result (`result_share`)
    and the squared error of w - l against the search's value (the rest). `margin_scale` is the
    largest margin, `owners` whether cells have owners at the end. The network computes in
    `precision`, the losses in float32, all where the network is.
    """
    device = next(network.parameters()).device

    def there(array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(device)

    observations = there(batch.observations)
    with torch.autocast(device.type, dtype=precision, enabled=precision != torch.float32):
        lesson = network.lesson(observations.contiguous(memory_format=torch.channels_last))
    logits = lesson.policy.float().masked_fill(there(batch.illegal), ILLEGAL_LOGIT)
    target = there(batch.policy)
    policy = _cross_entropy(target, logits)
    entropy = torch.special.entr(target).sum(dim=1).mean()
    log_wdl = torch.log_softmax(lesson.wdl.float(), dim=1)
    by_result = -(there(batch.wdl) * log_wdl).sum(dim=1).mean()
    chances = log_wdl.exp()
    error = chances[:, 0] - chances[:, 2] - there(batch.root_value)
    share = settings.result_share
    value = share * by_result + (1 - share) * error.square().mean()
    total = policy + settings.value_weight * value
    reply = ending = torch.zeros((), device=device)
    if settings.reply_weight > 0:
        reply = _cross_entropy(there(batch.reply), lesson.reply.float())
        total = total + settings.reply_weight * reply
    if settings.ending_weight > 0:
        ends = there(batch.ending)
        ending = (lesson.margin.float() - ends[:, 0] / margin_scale).square().mean()
        if owners:
            ending = ending + F.cross_entropy(lesson.owners.float(), ends[:, 1:].long())
        total = total + settings.ending_weight * ending
    return Loss(total, policy, value, entropy, reply, ending)


def _cross_entropy(target: Tensor, logits: Tensor) -> Tensor:
    """The mean over rows; rows of zeros count as nothing to learn."""
    return -(target * torch.log_softmax(logits, dim=1)).sum(dim=1).mean()
