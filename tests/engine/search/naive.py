"""The slow twin of engine.search: a plain recursive-looking MCTS over Python objects.

Written from the formulas, not from the fast code. It plays with copies of states and keeps for each
node the mean for player 0, one fixed point of view: no sign is ever flipped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.game import Game, State, value_for
from engine.search.puct import Puct
from tests.toys import HashEvaluator


@dataclass
class Node:
    state: State
    prior: np.float32
    visits: int = 0
    total: float = 0.0  # for player 0
    own: float = 0.0  # the network's or the exact value for player 0
    children: dict[int, Node | np.float32] = field(default_factory=dict)


class NaiveSearch:
    """One tree, one descent at a time."""

    def __init__(self, game: Game, evaluator: HashEvaluator, puct: Puct) -> None:
        self.game = game
        self.evaluator = evaluator
        self.puct = puct

    def run(self, state: State, simulations: int, noise: NDArray[np.float32] | None = None) -> Node:
        root = Node(state.copy(), np.float32(1))
        self._evaluate(root, noise, self.puct.root_temperature)
        root.visits, root.total = 1, root.own
        for _ in range(simulations):
            self._simulate(root)
        return root

    def _simulate(self, root: Node) -> None:
        node, path = root, [root]
        while node.children:
            action = self._select(node)
            child = node.children[action]
            if not isinstance(child, Node):
                child = Node(self.game.after(node.state, action), child)
                node.children[action] = child
                path.append(child)
                if self.game.is_over(child.state):
                    child.own = value_for(self.game.result(child.state), 0)
                else:
                    self._evaluate(child, None, 1.0)
                break
            path.append(child)
            node = child
        for visited in path:
            visited.visits += 1
            visited.total += path[-1].own

    def _evaluate(self, node: Node, noise: NDArray[np.float32] | None, temperature: float) -> None:
        logits, wdl = self.evaluator.judge(self.game.observe(node.state))
        value = float(np.float32(wdl[0] - wdl[2]))
        node.own = value if self.game.mover(node.state) == 0 else -value
        actions = self.game.legal(node.state)
        top = max(float(logits[a]) for a in actions)
        weights = [math.exp((float(logits[a]) - top) / temperature) for a in actions]
        for i, (action, weight) in enumerate(zip(actions, weights, strict=True)):
            prior = weight / sum(weights)
            if noise is not None:
                prior += self.puct.noise_fraction * (float(noise[i]) - prior)
            node.children[action] = np.float32(prior)

    def _select(self, node: Node) -> int:
        sign = 1 if self.game.mover(node.state) == 0 else -1
        visited = [c for c in node.children.values() if isinstance(c, Node)]
        explored = sum(float(c.prior) for c in visited)
        unvisited = sign * node.total / node.visits - self.puct.fpu_reduction * math.sqrt(explored)
        n = node.visits
        rate = self.puct.c_init + math.log((n + self.puct.c_base + 1) / self.puct.c_base)
        best, best_score = -1, -math.inf
        for action, child in node.children.items():
            known = isinstance(child, Node)
            q = sign * child.total / child.visits if known else max(-1.0, unvisited)
            prior = float(child.prior if known else child)
            score = q + rate * math.sqrt(n) * prior / (1 + (child.visits if known else 0))
            if score > best_score:
                best, best_score = action, score
        return best
