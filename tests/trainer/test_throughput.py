"""The speed of several actors as one row of the history."""

from __future__ import annotations

from storage.stats import Heartbeat
from trainer.throughput import AVERAGED, SUMMED, throughput
from web.schemas import MetricsRow


def _beat(name: str, alive: bool = True, **rates: float) -> Heartbeat:
    return Heartbeat(name, "playing", rates, 1, 0.0, alive)


def test_counts_are_added_and_shares_averaged_over_the_living_actors() -> None:
    found = throughput(
        [
            _beat("actor-0", simulations_per_second=1000.5, batch_fill=0.5, tree_share=0.25),
            _beat("actor-1", simulations_per_second=2000, batch_fill=1.0),
            _beat("actor-2", alive=False, simulations_per_second=9e9, batch_fill=0.0),
            _beat("actor-3"),  # has not measured yet
            _beat("trainer", steps_per_second=3),
        ]
    )
    assert found.pop("simulations_per_second") == 3000  # four digits
    assert found.pop("batch_fill") == 0.75
    assert found.pop("tree_share") == 0.25
    assert set(found.values()) == {None}


def test_nothing_is_known_without_actors_and_the_page_knows_every_column() -> None:
    found = throughput([])
    assert set(found.values()) == {None} and set(found) == {*SUMMED, *AVERAGED}
    assert set(found) <= set(MetricsRow.model_fields)
