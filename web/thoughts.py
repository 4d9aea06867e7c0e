"""A search told as a stream of events."""

from __future__ import annotations

from functools import partial

from anyio import CapacityLimiter

from web.events import Emit
from web.lines import Line
from web.play import Opponent
from web.pool import Turn
from web.schemas import ThoughtDone
from web.telling import Tell, told
from web.think import think


async def thoughts(
    threads: CapacityLimiter, turn: Turn, opponent: Opponent, line: Line, emit: Emit
) -> None:
    """Send the events `thought`, then `done` or `failed`; cancelled, the search ends as well."""

    def search(tell: Tell) -> None:
        grown = partial(tell, "thought")
        thought = think(opponent.model(), line, opponent.limits, turn.over, grown)
        turn.check()
        position = line.after(thought.action).show()
        tell("done", ThoughtDone(thought=thought, position=position))

    await told(threads, turn, search, emit)
