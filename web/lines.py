"""Positions as lists of moves, and all that a page shows of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import HTTPException

from engine.game import Game, State
from web.schemas import MAX_MOVES, ActionOut, GameOut, MoveOut, PositionOut, ViewOut

INTEGER = re.compile(r"-?[0-9]{1,9}")


def describe(game: Game) -> GameOut:
    """A game as the page needs it to draw a board."""
    view = ViewOut.model_validate(game.view, from_attributes=True)
    return GameOut(
        name=game.name,
        title=game.title,
        actions=game.actions,
        max_plies=game.max_plies,
        view=view,
    )


def parse_moves(text: str) -> list[int]:
    """The moves of an address: action ids divided by commas; empty = the start position."""
    words = text.split(",") if text else []
    if len(words) > MAX_MOVES:
        raise HTTPException(422, f"moves has {len(words)} entries, at most {MAX_MOVES} are read")
    for ply, word in enumerate(words, start=1):
        if not INTEGER.fullmatch(word):
            raise HTTPException(422, f"moves: entry {ply} is {word[:40]!r}, not an action id")
    return [int(word) for word in words]


@dataclass(frozen=True)
class Line:
    """A position, the moves that lead to it from the start, and who played each of them."""

    game: Game
    state: State
    moves: tuple[int, ...] = ()
    players: tuple[int, ...] = ()

    @classmethod
    def from_moves(cls, game: Game, moves: Sequence[int]) -> Line:
        """The line of `moves`; raises IllegalAction or FinishedGame naming the first wrong ply."""
        game.replay(moves)
        line = cls(game, game.new())
        for action in moves:
            line = line.after(action)
        return line

    def after(self, action: int) -> Line:
        """The line with one more action; raises IllegalAction or FinishedGame."""
        state = self.game.after(self.state, action)
        player = self.game.mover(self.state)
        return Line(self.game, state, (*self.moves, action), (*self.players, player))

    def show(self) -> PositionOut:
        """All that a page shows of the position."""
        game, state = self.game, self.state
        over = game.is_over(state)
        result = game.result(state) if over else None
        return PositionOut(
            game=game.name,
            moves=list(self.moves),
            cells=list(game.cells(state)),
            mover=game.mover(state),
            legal=[self._action(a, game.mover(state)) for a in game.legal(state)],
            history=[self._move(ply) for ply in range(len(self.moves))],
            over=over,
            result=result,
            winner=(0 if result > 0 else 1) if result else None,
            highlight=list(game.highlight(state)),
        )

    def ahead(self, actions: Sequence[int]) -> list[MoveOut]:
        """The moves of a variation that goes on from here; the first action must be legal."""
        line = self
        for action in actions:
            line = line.after(action)
        return [line._move(ply) for ply in range(len(self.moves), len(line.moves))]

    def _action(self, action: int, player: int) -> ActionOut:
        clicks = list(self.game.clicks(action, player))
        return ActionOut(action=action, label=self.game.label(action), clicks=clicks)

    def _move(self, ply: int) -> MoveOut:
        player = self.players[ply]
        action = self._action(self.moves[ply], player)
        return MoveOut(ply=ply + 1, player=player, **action.model_dump())
