"""What the routes share: the settings, the models, the games, the training."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request
from prometheus_client import CollectorRegistry

from engine.cli import cores
from engine.config import Settings
from web.book import Books
from web.documents import Documents
from web.ladder import Scorebooks
from web.metrics import Requests, RunFigures, Searches
from web.opinions import Networks
from web.play import Play
from web.pool import Pool, Turn
from web.rates import Rates
from web.runs import Runs
from web.shelf import Shelf
from web.solve import Oracle
from web.training import Training
from web.trainings import Trainings

HISTORIANS = 4
"""Requests that may look into a run's past at once."""


@dataclass(frozen=True)
class Services:
    """One of each for the whole server."""

    settings: Settings
    runs: Runs
    shelf: Shelf
    play: Play
    trainings: Trainings
    networks: Networks
    books: Books
    scorebooks: Scorebooks
    historians: CapacityLimiter
    documents: Documents
    pool: Pool
    rates: Rates
    oracle: Oracle
    registry: CollectorRegistry
    requests: Requests
    threads: CapacityLimiter
    """A thread for each search that is admitted, so that none waits for one."""
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the server is told to end: streams that go on for ever end then."""

    def admit(self, request: Request) -> Turn:
        """A place for one search of this client; HTTP 429 where it or all ask for too much."""
        self.rates.spend(request.client.host if request.client else "somebody")
        return self.pool.admit()

    def end(self) -> None:
        """Let every search and every stream end; to be called on the event loop."""
        self.ending.set()
        self.pool.close()


def services(settings: Settings, argv: Sequence[str] | None = None) -> Services:
    """The services of one run; `argv` are the options that its training processes get as well."""
    web, runs = settings.web, Runs(settings)
    shelf, pool = Shelf(settings, runs), Pool(web.searches or cores(), web.queue)
    trainings = Trainings(settings, runs, Training(settings, argv))
    rates, registry = Rates(web.rate), CollectorRegistry()
    registry.register(Searches(pool, rates))
    registry.register(RunFigures(runs))
    return Services(
        settings,
        runs,
        shelf,
        Play(shelf, web),
        trainings,
        Networks(),
        Books(),
        Scorebooks(),
        CapacityLimiter(HISTORIANS),
        Documents(settings, runs, shelf, trainings),
        pool,
        rates,
        Oracle(),
        registry,
        Requests(registry),
        CapacityLimiter(pool.places),
    )


def _of(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


Shared = Annotated[Services, Depends(_of)]
"""The services, as a parameter of a route."""
