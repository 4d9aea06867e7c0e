"""The games, and how a position of each is drawn."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class PieceOut(BaseModel):
    """How one kind of piece is drawn."""

    name: str
    shape: Literal["cross", "ring", "disc", "stone"]
    tone: Literal["first", "second"]


class ViewOut(BaseModel):
    """How a board is drawn: cells row by row from the top left; cell k > 0 shows pieces[k - 1].

    `layout` pits: two rows of numbers, the first and the last cell are stores at the two ends; hex:
    hexagons, each row half a cell to the right of the row above. `edges`: the tones of the top,
    right, bottom and left edge, or none.
    """

    rows: int
    columns: int
    layout: Literal["square", "drop", "pits", "hex"]
    pieces: list[PieceOut]
    edges: list[Literal["first", "second"]]


class GameOut(BaseModel):
    """One game that can be played and trained."""

    name: str
    title: str
    actions: int
    max_plies: int
    view: ViewOut


class ActionOut(BaseModel):
    """A legal action: its id, its name and the cells to click (none: a button)."""

    action: int
    label: str
    clicks: list[int]


class MoveOut(BaseModel):
    """A move already played; `clicks` are the cells it touched, for the last-move mark."""

    ply: int
    player: int
    action: int
    label: str
    clicks: list[int]


class PositionOut(BaseModel):
    """A position: the moves that lead to it and all that a page shows of it."""

    game: str
    moves: list[int]
    cells: list[int]
    mover: int
    legal: list[ActionOut]
    history: list[MoveOut]
    over: bool
    result: int | None = Field(description="final margin for player 0; null while the game goes on")
    winner: int | None = Field(description="0 or 1; null while the game goes on and after a draw")
    highlight: list[int] = Field(description="cells of the winning line, if there is one")
