"""A game looked back at: what each move lost, and how well each player played.

A move loses the difference between the value of the position before it, with the best move, and of
the position after it, both for the player who made it, on the scale from -1 (lost) to 1 (won). As
on lichess a loss of 0.1 is an inaccuracy, of 0.2 a mistake, of 0.3 a blunder. The move that the
search itself would have played loses nothing. Where the values are exact, by the rules, by the
solver or by a proof of the search, the loss is 0, 1 or 2: a move that keeps the result is good
however long it takes, and one that gives away a win or a draw is a blunder. An estimate is never
held against the truth: where only one of the two values is exact, see `_alike`.

The accuracy of a move that loses w percent of win chance is 103.1668 exp(-0.04354 w) - 3.1669
percent (lichess.org/page/accuracy), a player's is the mean over the moves that were a choice.

The game is walked from its end to its start: exact play reaches the end first, and what it learnt
there makes the earlier positions cheaper.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from engine.game import Game
from engine.search.live import never
from web.judgements import Judge, Opinion, odds
from web.lines import Line
from web.loaded import Loaded
from web.schemas import GradedOut, ReviewOut, SideOut
from web.schemas.review import Grade
from web.solve import Oracle

INACCURACY, MISTAKE, BLUNDER = 0.1, 0.2, 0.3
"""Least loss of value of each grade (lichess)."""


def grade(loss: float) -> Grade:
    """The grade of a move that was not the best one."""
    if loss >= BLUNDER:
        return "blunder"
    if loss >= MISTAKE:
        return "mistake"
    return "inaccuracy" if loss >= INACCURACY else "good"


def accuracy(loss: float) -> float:
    """The accuracy in percent of a move that loses `loss` in [0, 2]; half of it is win chance."""
    percent = 103.1668 * math.exp(-0.04354 * 50 * loss) - 3.1669
    return max(0.0, min(100.0, percent))


def review(
    game: Game,
    loaded: Loaded,
    oracle: Oracle,
    moves: Sequence[int],
    simulations: int,
    gone: Callable[[], bool] = never,
) -> Iterator[GradedOut | ReviewOut]:
    """Every move graded, the last one first, and then the sum; ends early once nobody waits.

    Raises IllegalAction or FinishedGame before the first answer if the moves cannot be played.
    """
    lines = [Line.from_moves(game, [])]
    for action in Line.from_moves(game, moves).moves:
        lines.append(lines[-1].after(action))
    return _walk(game, loaded, oracle, lines, simulations, gone)


def _walk(
    game: Game,
    loaded: Loaded,
    oracle: Oracle,
    lines: list[Line],
    simulations: int,
    gone: Callable[[], bool],
) -> Iterator[GradedOut | ReviewOut]:
    judge = Judge(game, loaded, oracle, simulations)
    after = judge.of(lines[-1].state, gone)
    graded: list[GradedOut] = []
    for ply in range(len(lines) - 1, 0, -1):
        line, action = lines[ply - 1], lines[ply].moves[-1]
        before = judge.of(line.state, gone)
        shown = after
        if after.exact and not before.exact and action not in before.best:
            before, shown = _alike(judge, line, before, lines[ply], after, gone)
        if gone():
            return  # half a search grades nothing
        graded.append(judged(line, action, before, shown))
        yield graded[-1]
        after = before
    sides = [side(player, graded) for player in (0, 1)]
    yield ReviewOut(sides=sides, simulations=simulations, model=loaded.model)


def _alike(
    judge: Judge,
    line: Line,
    before: Opinion,
    made: Line,
    after: Opinion,
    gone: Callable[[], bool],
) -> tuple[Opinion, Opinion]:
    """Both opinions of the same kind, where the truth about a move met an estimate of the best.

    The estimate's error would count as a loss. What follows the best move is about as near to the
    end, so the solver is asked about it too; where that is in vain a search judges both.
    """
    best = judge.beside(line.after(before.best[0]).state, gone)
    if best.exact:
        return replace(before, value=best.value_for(before.player)), after
    return before, judge.estimate(made.state, gone)


def judged(line: Line, action: int, before: Opinion, after: Opinion) -> GradedOut:
    """The move `action` in the position of `line`, given what is thought of it and of the next."""
    game, player = line.game, before.player
    only = len(game.legal(line.state)) == 1
    value = float(before.values.get(action, after.value_for(player)))
    exact = after.exact or action in before.values
    spared = only or action in before.best
    loss = 0.0 if spared else max(0.0, before.value - value)
    found: Grade = grade(loss) if not spared else "forced" if only else "best"
    expected = line
    for reply in before.line:
        expected = expected.after(reply)
    move = line.after(action).show().history[-1]
    shown = {it.action: it for it in line.show().legal}
    return GradedOut(
        **move.model_dump(),
        grade=found,
        loss=loss,
        accuracy=accuracy(loss),
        exact=before.exact and exact,
        before=odds(before.value, before.draw, before.exact),
        after=odds(value, after.draw, exact),
        best=shown[before.best[0]],
        line=expected.show().history[len(line.moves) :],
        accepted=list(before.accepted),
    )


def side(player: int, graded: Sequence[GradedOut]) -> SideOut:
    """How one player played."""
    own = [ply for ply in graded if ply.player == player and ply.grade != "forced"]
    count = {name: sum(ply.grade == name for ply in own) for name in GRADED}
    return SideOut(
        player=player,
        accuracy=sum(ply.accuracy for ply in own) / len(own) if own else None,
        moves=len(own),
        inaccuracies=count["inaccuracy"],
        mistakes=count["mistake"],
        blunders=count["blunder"],
    )


GRADED = ("inaccuracy", "mistake", "blunder")
