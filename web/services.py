"""What the routes share: the settings, the models, the games, the training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request

from engine.config import Settings
from web.book import Books
from web.ladder import Scorebooks
from web.opinions import Networks
from web.play import Play
from web.served import Shelf
from web.training import Training
from web.trainings import Trainings

THINKERS = 32
"""Requests that may search or wait for their evaluator at once; more wait on the event loop."""

HISTORIANS = 4
"""Requests that may look into a run's past at once."""


@dataclass(frozen=True)
class Services:
    """One of each for the whole server."""

    settings: Settings
    shelf: Shelf
    play: Play
    training: Training
    trainings: Trainings
    thinkers: CapacityLimiter
    networks: Networks
    books: Books
    scorebooks: Scorebooks
    historians: CapacityLimiter


def services(settings: Settings, argv: Sequence[str] | None = None) -> Services:
    """The services of one run; `argv` are the options that its training processes get as well."""
    shelf = Shelf(settings)
    play, training = Play(shelf, settings.web), Training(settings, argv)
    trainings = Trainings(settings, training)
    return Services(
        *(settings, shelf, play, training, trainings, CapacityLimiter(THINKERS)),
        *(Networks(), Books(), Scorebooks(), CapacityLimiter(HISTORIANS)),
    )


def _of(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


Shared = Annotated[Services, Depends(_of)]
"""The services, as a parameter of a route."""
