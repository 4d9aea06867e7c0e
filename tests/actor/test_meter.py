"""Rates and shares of a worker over the last few seconds."""

from __future__ import annotations

import time
from dataclasses import fields

import pytest

from actor.meter import FIRST_RATE_SECONDS, RATE_SECONDS, Meter
from actor.selfplay import Counters


def test_rates_and_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    counters = Counters()
    meter = Meter(counters, slots=10)
    assert meter.rates() == {}
    now[0] += FIRST_RATE_SECONDS
    counters.evaluations, counters.cached, counters.shared = 60, 30, 10
    counters.waves, counters.batched = 8, 60
    counters.network_seconds, counters.tree_seconds, counters.waiting_seconds = 0.5, 0.25, 0.125
    rates = meter.rates()
    assert rates["evaluations_per_second"] == 60 and rates["waves_per_second"] == 8
    assert rates["batch_fill"] == 0.75 and rates["cache_hits"] == 0.4
    shares = ("network_share", "tree_share", "storing_share", "loading_share", "waiting_share")
    assert [rates[name] for name in shares] == [0.5, 0.25, 0, 0, 0.125]
    assert len(rates) == len(fields(Counters)) + 2
    counters.games = 500
    assert meter.rates() == rates  # not yet
    now[0] += RATE_SECONDS
    later = meter.rates()
    assert later["games_per_second"] == 500 / RATE_SECONDS
    assert later["batch_fill"] == later["cache_hits"] == later["network_share"] == 0
