"""What a game teaches about its samples, when players move twice and searches know the truth."""

from __future__ import annotations

import numpy as np
import pytest

from engine.game import value_for
from storage.replay.record import GameRecord
from trainer.targets import value_targets


def _record(
    movers: list[int], roots: list[float], result: int, exact: list[int] | None = None
) -> GameRecord:
    count = len(movers)
    return GameRecord(
        game="toy",
        rules_version=1,
        moves=np.zeros(count, np.int16),
        result=result,
        model_step=0,
        plies=np.arange(count, dtype=np.int16),
        states=np.zeros((count, 1), np.uint64),
        movers=np.array(movers, np.int8),
        policies=np.zeros((count, 2), np.float32),
        root_values=np.array(roots, np.float32),
        exact=np.array(exact or [0] * count, np.int8),
        surprises=np.zeros(count, np.float32),
    )


def test_without_decay_the_searched_value_is_its_own() -> None:
    targets = value_targets(_record([0, 0, 1], [0.5, -0.25, 0.125], -3), 0.0)
    assert targets[:, 3].tolist() == [0.5, -0.25, 0.125]
    assert targets[:, :3].tolist() == [[0, 0, 1], [0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize("decay", [0.3, 0.9, 1.0])
def test_the_lambda_return_is_the_weighted_sum_of_all_later_searches(decay: float) -> None:
    movers, roots, result = [0, 1, 1, 0, 1], [0.1, -0.2, 0.3, 0.4, -0.5], 7
    targets = value_targets(_record(movers, roots, result), decay)
    for i in range(5):
        # Each later value for the mover of i, whoever it was said for.
        later = [r if movers[i] == m else -r for m, r in zip(movers[i:], roots[i:], strict=True)]
        weights = [(1 - decay) * decay**k for k in range(len(later))]
        expected = sum(w * v for w, v in zip(weights, later, strict=True))
        expected += decay ** len(later) * value_for(result, movers[i])
        assert targets[i, 3] == pytest.approx(expected, abs=1e-6)


def test_what_was_proven_counts_and_not_what_was_played_afterwards() -> None:
    """Player 1 has a proven win at the third sample and loses the game all the same."""
    record = _record([0, 1, 1, 0], [0.2, 0.3, 1.0, 0.9], 1, [0, 0, 1, 0])
    targets = value_targets(record, 0.5)
    assert targets[:, :3].tolist() == [[0, 0, 1], [1, 0, 0], [1, 0, 0], [1, 0, 0]]
    assert targets[2, 3] == 1 and targets[1, 3] == pytest.approx(0.5 * 0.3 + 0.5)


def test_a_proven_draw_is_a_draw() -> None:
    targets = value_targets(_record([0, 1], [0.4, 0.0], -1, [0, 1]), 0.0)
    assert targets[:, :3].tolist() == [[0, 1, 0], [0, 1, 0]]
