import threading
import time
from collections.abc import Callable

import pytest
from fastapi import HTTPException

from web import pool as pools
from web.pool import Pool, Turn
from web.rates import BURST_SECONDS, MOST_CLIENTS, Rates


class Worker(threading.Thread):
    """A search in steps; `done` counts them."""

    def __init__(self, turn: Turn, steps: int) -> None:
        super().__init__()
        self.turn, self.steps, self.done = turn, steps, 0
        self.trouble: HTTPException | None = None
        self.start()

    def run(self) -> None:
        with self.turn as turn:
            try:
                turn.begin()
                while self.done < self.steps and not turn.over():
                    time.sleep(0.002)
                    self.done += 1
                turn.check()
            except HTTPException as error:
                self.trouble = error


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_so_many_compute_and_each_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "SLICE_SECONDS", 0.02)
    pool = Pool(2, 4)
    workers = [Worker(pool.admit(), 1_000_000) for _ in range(5)]
    most = 0
    for _ in range(300):
        most = max(most, pool.computing)
        time.sleep(0.001)
    until(lambda: all(worker.done > 30 for worker in workers))
    assert most == 2 and pool.computing + pool.waiting == 5
    short = Worker(pool.admit(), 10)
    short.join(20)
    assert short.done == 10  # beside four that would take half an hour
    assert all(worker.is_alive() for worker in workers)
    for worker in workers:
        worker.turn.cancel()
        worker.join(20)
        assert worker.trouble is not None and worker.trouble.status_code == 503
    assert (pool.computing, pool.waiting, pool.begun, pool.cancelled) == (0, 0, 6, 5)


def test_nobody_is_interrupted_while_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "SLICE_SECONDS", 0.0)
    pool = Pool(1, 1)
    with pool.admit() as turn:
        turn.begin()
        assert not any(turn.over() for _ in range(100)) and pool.computing == 1


def test_the_queue_has_an_end() -> None:
    pool = Pool(2, 1)
    turns = [pool.admit() for _ in range(3)]
    with pytest.raises(HTTPException) as refused:
        pool.admit()
    assert refused.value.status_code == 429 and pool.refused == 1
    assert refused.value.detail == (
        "3 searches are under way, web.searches and web.queue allow 2 + 1: ask again in 2 s"
    )
    assert refused.value.headers == {"Retry-After": "2"}
    turns[0].leave()
    with pool.admit() as turn:
        turn.begin()


def test_who_waits_long_is_told_to_wait_longer() -> None:
    pool = Pool(1, 0)
    pool._mean = 1000.0
    with pool.admit(), pytest.raises(HTTPException) as refused:
        pool.admit()
    assert refused.value.headers == {"Retry-After": "60"}


def test_the_end_reaches_those_who_compute_and_those_who_wait() -> None:
    pool = Pool(1, 5)
    workers = [Worker(pool.admit(), 1_000_000) for _ in range(3)]
    until(lambda: workers[0].done > 0)
    pool.close()
    for worker in workers:
        worker.join(20)
        assert worker.trouble is not None and worker.trouble.status_code == 503
        assert worker.trouble.detail == "the server is ending; ask again when it is back"
    with pytest.raises(HTTPException, match="503"):
        pool.admit()


def test_a_client_has_a_bucket_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    rates = Rates(60)
    for _ in range(int(BURST_SECONDS)):
        rates.spend("a")
    with pytest.raises(HTTPException) as refused:
        rates.spend("a")
    assert refused.value.status_code == 429 and refused.value.headers == {"Retry-After": "1"}
    assert refused.value.detail == (
        "a asks for more than web.rate = 60 searches a minute: ask again in 1 s"
    )
    rates.spend("b")
    now[0] += 1.0
    rates.spend("a")
    with pytest.raises(HTTPException):
        rates.spend("a")
    now[0] += 1e6
    for _ in range(int(BURST_SECONDS)):  # it saves up no more than its burst
        rates.spend("a")
    with pytest.raises(HTTPException):
        rates.spend("a")
    assert rates.refused == 3


def test_a_low_rate_is_told_in_seconds() -> None:
    rates = Rates(2)
    rates.spend("a")
    with pytest.raises(HTTPException) as refused:
        rates.spend("a")
    assert refused.value.headers == {"Retry-After": "30"}


def test_no_rate_is_no_limit_and_addresses_are_forgotten() -> None:
    for _ in range(1000):
        Rates(0).spend("a")
    rates = Rates(6)
    for number in range(MOST_CLIENTS + 50):
        rates.spend(str(number))
    assert len(rates._buckets) == MOST_CLIENTS
