"""The slow twin of engine.search: a plain MCTS over Python objects, written from the formulas.

Every value is for player 0, one fixed point of view: no sign is ever flipped, only the question
"who is to move here?" decides who likes it. Nothing is corrected either: after each simulation the
nodes of its path are added up anew from their children.

The fast search multiplies by float32 tables of 1 / n and of C(n) * sqrt(n) where the formulas
divide. So does the twin, that a tie up to rounding is broken the same way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine.config import SearchSettings
from engine.game import Game, State, value_for
from tests.toys import HashEvaluator

WORD = (1 << 64) - 1
F32 = np.float32


@dataclass(eq=False)
class Node:
    """A position; `state` is there from the first visit on. All numbers are for player 0."""

    action: int
    prior: np.float32
    state: State | None = None
    mover: int = 0
    visits: int = 0
    own: float = 0.0
    total: float = 0.0
    least: int = -1
    most: int = 1
    plies: int = 0
    over: bool = False
    children: list[Node] = field(default_factory=list)
    explored: np.float32 = field(default_factory=F32)

    @property
    def is_exact(self) -> bool:
        return self.least == self.most

    def liked(self, value: float) -> float:
        """What `value` is worth to whoever moves here."""
        return value if self.mover == 0 else -value

    def loses(self, child: Node) -> bool:
        """Whether moving to `child` is a certain loss for whoever moves here."""
        return child.is_exact and self.liked(child.least) == -1

    def mean(self, child: Node) -> float:
        """Q of a visited child for whoever moves here."""
        return self.liked(child.total) / child.visits


class NaiveSearch:
    """One tree, one descent at a time.

    `turn_of(key)` says through which symmetry the network sees a key, where that is random.
    """

    def __init__(
        self,
        game: Game,
        evaluator: HashEvaluator,
        settings: SearchSettings,
        turn_of: Callable[[State], int] = lambda key: 0,
    ) -> None:
        self.game = game
        self.evaluator = evaluator
        self.settings = settings
        self.turn_of = turn_of
        self._rates: list[np.float32] = []
        self._shares: list[np.float32] = []

    def run(self, state: State, simulations: int, noise: list[float] | None = None) -> Node:
        """Search with `noise` for the root's children in their order; None: a root without."""
        settings = self.settings
        self.noise = noise
        root = Node(-1, F32(1))
        self._enter(root, state.copy())
        self._make_children(root, settings.root_temperature if noise and not self._gumbel else 1.0)
        root.visits, root.total = 1, root.own
        if self._gumbel:
            considered = min(settings.considered, len(root.children))
            self._plan = visits_wanted(considered, simulations)
            simulations = alike_after(considered, simulations)
        elif noise:
            share = settings.dirichlet_fraction
            for child, drawn in zip(root.children, noise, strict=True):
                child.prior = F32((1 - share) * float(child.prior) + share * drawn)
        for _ in range(simulations):
            if settings.prove and root.is_exact:
                break
            self._simulate(root)
        return root

    @property
    def _gumbel(self) -> bool:
        return self.settings.root == "gumbel"

    # -- one simulation

    def _simulate(self, root: Node) -> None:
        node, path = root, [root]
        while node.children and not (self.settings.prove and node.is_exact):
            parent, node = node, self._at_root(node) if node is root else self._puct(node)
            path.append(node)
            if node.state is None:
                assert parent.state is not None
                self._enter(node, self.game.after(parent.state, node.action))
                if not node.over:
                    self._make_children(node, 1.0)
                parent.explored = F32(parent.explored + node.prior)
                break
        for visited in reversed(path):
            visited.visits += 1
            self._add_up(visited)

    def _add_up(self, node: Node) -> None:
        """Bounds and sum of a node from its children."""
        if node.children and self.settings.prove and not node.is_exact:
            best = max if node.mover == 0 else min
            node.least = best(child.least for child in node.children)
            node.most = best(child.most for child in node.children)
            if node.is_exact:
                ends = [c.plies for c in node.children if c.is_exact and c.least == node.least]
                won = node.liked(node.least) > 0
                node.plies = 1 + (min(ends) if won else max(ends))
        if node.over or (self.settings.prove and node.is_exact):
            node.total = node.least * node.visits
        else:
            node.total = node.own + sum(child.total for child in node.children)

    # -- who is visited

    def _puct(self, node: Node) -> Node:
        rate = self._rate(node.visits)
        mean = F32(F32(node.liked(node.total)) * self._share(node.visits))
        fpu = F32(self.settings.fpu_reduction) * F32(math.sqrt(node.explored))
        unvisited = max(F32(-1), F32(mean - fpu))
        best, best_score = None, F32(-math.inf)
        for child in node.children:
            if self.settings.prove and node.loses(child):
                continue
            q = unvisited
            if child.visits:
                q = F32(node.liked(child.total)) * self._share(child.visits)
            score = q + rate * child.prior * self._share(child.visits + 1)
            if score > best_score:
                best, best_score = child, score
        assert best is not None
        return best

    def _rate(self, visits: int) -> np.float32:
        """C(N) * sqrt(N)."""
        s = self.settings
        while len(self._rates) <= visits:
            n = len(self._rates)
            c = s.c_init + math.log((n + s.c_base + 1) / s.c_base)
            self._rates.append(F32(c * math.sqrt(n)))
        return self._rates[visits]

    def _share(self, visits: int) -> np.float32:
        """1 / n."""
        while len(self._shares) <= visits:
            self._shares.append(F32(1 / max(1, len(self._shares))))
        return self._shares[visits]

    def _at_root(self, root: Node) -> Node:
        if self._gumbel:
            wanted = self._plan[root.visits - 1]
            most = max(child.visits for child in root.children)
            return max(
                (child for child in root.children if child.visits == wanted),
                key=lambda child: self._score(root, child, most),
            )
        if self.noise:
            for child in root.children:
                lost = self.settings.prove and root.loses(child)
                if 0 < child.visits < self._forced(root, child) and not lost:
                    return child
        return self._puct(root)

    def _forced(self, root: Node, child: Node) -> float:
        made = sum(sibling.visits for sibling in root.children)
        return math.sqrt(self.settings.forced_playouts * float(child.prior) * made)

    def _score(self, root: Node, child: Node, most: int) -> float:
        """g + logit + sigma(q)."""
        noise = self.noise[root.children.index(child)] if self.noise else 0.0
        sigma = self._sigma(root.mean(child), most) if child.visits else 0.0
        return noise + math.log(child.prior) + sigma

    def _sigma(self, q: float, most: int) -> float:
        s = self.settings
        return (s.value_visits + most) * s.value_scale * (q + 1) / 2

    # -- what is learnt and what is played

    def target(self, root: Node) -> dict[int, float]:
        """The weight of each legal action."""
        weights = self._improved(root) if self._gumbel else self._visits(root)
        chosen = {c.action: w for c, w in zip(root.children, weights, strict=True)}
        if self.settings.prove:
            out = [c.action for c in root.children if self._is_out(root, c)]
            left = {a: 0.0 if a in out else w for a, w in chosen.items()}
            if not any(left.values()):
                left = {c.action: 0.0 if c.action in out else float(c.prior) for c in root.children}
            chosen = left
        total = sum(chosen.values())
        return {action: weight / total for action, weight in chosen.items()}

    @staticmethod
    def _is_out(root: Node, child: Node) -> bool:
        if root.is_exact:
            return not (child.is_exact and child.least == root.least)
        return root.loses(child)

    def _visits(self, root: Node) -> list[float]:
        """Visits, less the forced ones that PUCT would not have made, one by one."""
        if not self.noise or not self.settings.forced_playouts:
            return [float(child.visits) for child in root.children]
        best = max(root.children, key=lambda child: child.visits)
        rate = float(self._rate(root.visits))
        bar = root.mean(best) + rate * float(best.prior) / (1 + best.visits)
        found: list[float] = []
        for child in root.children:
            kept = child.visits
            if child is not best and kept:
                least = kept - math.ceil(self._forced(root, child))
                q = root.mean(child)
                while kept > 1 and kept > least and q + rate * float(child.prior) / kept <= bar:
                    kept -= 1
                kept = 0 if kept <= 1 else kept
            found.append(kept)
        return found

    def _improved(self, root: Node) -> list[float]:
        visited = [child for child in root.children if child.visits]
        made = sum(child.visits for child in visited)
        mass = sum(float(child.prior) for child in visited)
        mean = sum(float(child.prior) * root.mean(child) for child in visited) / mass
        mixed = (root.liked(root.own) + made * mean) / (1 + made)
        most = max(child.visits for child in visited)
        logits = [
            math.log(c.prior) + self._sigma(root.mean(c) if c.visits else mixed, most)
            for c in root.children
        ]
        return [math.exp(logit - max(logits)) for logit in logits]

    def best(self, root: Node) -> int:
        """The action to play when nothing is left to chance."""
        weights = self.target(root)
        allowed = [child for child in root.children if weights[child.action] > 0]
        if self.settings.prove and root.is_exact:
            won = root.liked(root.least) > 0
            return min(allowed, key=lambda c: c.plies if won else -c.plies).action
        if self._gumbel:
            most = max(child.visits for child in allowed)
            last = [child for child in allowed if child.visits == most]
            return max(last, key=lambda c: self._score(root, c, most)).action
        return max(allowed, key=lambda child: weights[child.action]).action

    # -- positions

    def _enter(self, node: Node, state: State) -> None:
        node.state, node.mover = state, self.game.mover(state)
        node.over = self.game.is_over(state)
        if node.over:
            node.least = node.most = int(value_for(self.game.result(state), 0))
            node.own = node.least

    def _make_children(self, node: Node, temperature: float) -> None:
        """Children with priors = softmax(logits / temperature); the value is the node's own."""
        assert node.state is not None
        logits, wdl = self.judge(node.state)
        node.own = node.liked(float(wdl[0] - wdl[2]))
        actions = self.game.legal(node.state)
        top = max(float(logits[a]) for a in actions)
        weights = [math.exp((float(logits[a]) - top) / temperature) for a in actions]
        total = sum(weights)
        node.children = [Node(a, F32(w / total)) for a, w in zip(actions, weights, strict=True)]

    def judge(self, state: State) -> tuple[np.ndarray, np.ndarray]:
        """What the network says of a position, through whichever symmetry it sees it."""
        if self.settings.symmetry == "as_is":
            return self.evaluator.judge(self.game.observe(state))
        key = np.zeros_like(state)
        image = self.game.symmetries[self.game.rules.canonical(state, key)]
        turn = self.game.symmetries[self.turn_of(key)]
        planes = self.game.observe(key)
        turned = planes.reshape(len(planes), -1)[:, turn.cells].reshape(planes.shape)
        seen, wdl = self.evaluator.judge(turned)
        # policy_seen[i] = policy[actions[i]], from the state to its key and on to the image.
        of_key, of_state = np.zeros_like(seen), np.zeros_like(seen)
        of_key[turn.actions] = seen
        of_state[image.actions] = of_key
        return of_state, wdl


def visits_wanted(m: int, simulations: int) -> list[int]:
    """Sequential halving played with counters: how often was each one visited before?"""
    wanted: list[int] = []
    counts, survivors = [0] * m, m
    while len(wanted) < simulations:
        each = simulations if m == 1 else max(1, simulations // (_halvings(m) * survivors))
        for _ in range(each):
            for i in range(survivors):
                wanted.append(counts[i])
                counts[i] += 1
        survivors = max(min(m, 2), survivors // 2)
    return wanted[:simulations]


def alike_after(m: int, simulations: int) -> int:
    """The most simulations after which all survivors have equal visits; all of them if never."""
    found, survivors, counts, made = 0, m, [0] * m, 0
    while made < simulations:
        each = simulations if m == 1 else max(1, simulations // (_halvings(m) * survivors))
        for _ in range(each):
            for i in range(survivors):
                counts[i] += 1
                made += 1
                if made <= simulations and len(set(counts[:survivors])) == 1:
                    found = made
        survivors = max(min(m, 2), survivors // 2)
    return found or simulations


def _halvings(m: int) -> int:
    """How often m can be halved, rounding up, until one is left."""
    return 0 if m == 1 else 1 + _halvings((m + 1) // 2)


def turn_of_salt(game: Game, salt: int) -> Callable[[State], int]:
    """SplitMix64 over the words of the key, begun with `salt`, modulo the symmetries."""

    def turn(key: State) -> int:
        mixed = salt
        for word in key:
            mixed = ((mixed ^ int(word)) + 0x9E3779B97F4A7C15) & WORD
            mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & WORD
            mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & WORD
            mixed ^= mixed >> 31
        return mixed % len(game.symmetries)

    return turn
