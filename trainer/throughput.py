"""What the actors' heartbeats say about speed, as columns of the learner's history."""

from __future__ import annotations

from collections.abc import Sequence

from storage.stats import Heartbeat

SUMMED = ("simulations_per_second", "evaluations_per_second")
AVERAGED = (
    "batch_fill",
    "cache_hits",
    "network_share",
    "tree_share",
    "storing_share",
    "loading_share",
    "waiting_share",
)


def throughput(beats: Sequence[Heartbeat]) -> dict[str, float | None]:
    """Sums and means over the living actors; None where none of them has measured it yet."""
    found: dict[str, float | None] = {}
    for name in (*SUMMED, *AVERAGED):
        values = [b.rates[name] for b in beats if b.alive and name in b.rates]
        whole = sum(values) / (len(values) if name in AVERAGED else 1) if values else None
        # Four digits: nobody sees the fifth in a curve.
        found[name] = None if whole is None else float(f"{whole:.4g}")
    return found
