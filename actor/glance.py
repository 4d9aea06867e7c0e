"""A game as it is, read out of the arrays of self-play for those who watch."""

from __future__ import annotations

from actor.moves import Scores
from engine.search.tree import Tree
from storage.live import LiveGame


def glance(tree: Tree, scores: Scores, slot: int) -> LiveGame:
    """The game in `slot`, and its search as it is between two waves."""
    played, search, root = scores.games[slot], tree.slots[slot], tree.nodes[slot, 0]
    moves = scores.actions[slot, : played["plies"]].tolist()
    if played["finished"] or search["done"] < 0:  # nobody has judged the position yet
        return LiveGame(moves=moves, simulations=0, budget=0, visits={}, value=None)
    children = tree.children(slot)
    return LiveGame(
        moves=moves,
        simulations=int(search["done"]),
        budget=int(search["budget"]),
        visits=dict(zip(children["action"].tolist(), children["visits"].tolist(), strict=True)),
        value=round(float(root["value_sum"]) / max(int(root["visits"]), 1), 4),
    )
