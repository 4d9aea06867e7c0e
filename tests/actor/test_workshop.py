"""Several processes, one order of answers; and what happens when one of them fails."""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import time
from collections.abc import Callable

import pytest

from actor.workshop import Workshop
from engine.errors import CartridgeError, ConfigError


def adder(material: int) -> Callable[[int], tuple[int, int]]:
    """The tool adds; it also tells which process it works in."""

    def add(job: int) -> tuple[int, int]:
        if job == 13:
            raise ConfigError("13 is no job")
        if job == 99:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.02 if job % 2 else 0)
        return material + job, os.getpid()

    return add


def test_answers_come_in_the_order_of_the_jobs() -> None:
    with Workshop(adder, 100, workers=2) as workshop:
        first = list(workshop.answers(list(range(8))))
        again = list(workshop.answers([1, 2]))
    assert [answer for answer, _ in first + again] == [*range(100, 108), 101, 102]
    processes = {process for _, process in first}
    assert len(processes) == 2 and os.getpid() not in processes
    assert {process for _, process in again} <= processes  # the same ones go on
    assert mp.active_children() == []


def test_one_worker_or_one_job_needs_no_process() -> None:
    for workers, jobs in ((1, [1, 2, 3]), (4, [1])):
        with Workshop(adder, 0, workers) as workshop:
            assert {process for _, process in workshop.answers(jobs)} == {os.getpid()}
    with Workshop(adder, 0, workers=2) as workshop:
        assert list(workshop.answers([])) == []


def test_stopping_early_ends_the_processes() -> None:
    with Workshop(adder, 0, workers=2) as workshop:
        for answer, _ in workshop.answers(list(range(0, 80, 2))):
            if answer == 4:
                break
    assert mp.active_children() == []


def test_a_known_failure_is_passed_on() -> None:
    for workers in (1, 2):
        with (
            pytest.raises(ConfigError, match="13 is no job"),
            Workshop(adder, 0, workers) as workshop,
        ):
            list(workshop.answers([12, 13, 14]))
    assert mp.active_children() == []


def test_a_killed_process_is_noticed() -> None:
    with (
        pytest.raises(CartridgeError, match=r"died \(exit code -9\)"),
        Workshop(adder, 0, workers=2) as workshop,
    ):
        list(workshop.answers([1, 99, 2, 3]))
    assert mp.active_children() == []
