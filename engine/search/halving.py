"""Sequential halving: which children of the root get the next simulation, as a plan made ahead.

Karnin et al. 2013, in the form of Danihelka et al. 2022 (Gumbel AlphaZero), figure 1: m actions
share the budget in ceil(log2 m) phases; each phase gives all survivors the same number of visits
and keeps the better half. Simulation t goes to a child that has `plan[t]` visits so far.
"""

from __future__ import annotations

import math


def phases(m: int, simulations: int) -> list[tuple[int, int]]:
    """(survivors, visits for each of them) phase by phase; the last one may be cut by the budget.

    `m >= 1` actions are considered at first, `simulations >= 1` are to be spent in all.
    """
    if m == 1:
        return [(1, simulations)]
    rounds = math.ceil(math.log2(m))
    found, spent, survivors = [], 0, m
    while spent < simulations:
        each = max(1, simulations // (rounds * survivors))
        found.append((survivors, each))
        spent += survivors * each
        survivors = max(2, survivors // 2)
    return found


def considered_visits(m: int, simulations: int) -> list[int]:
    """For each simulation the number of visits that the child it goes to has so far."""
    plan: list[int] = []
    visits = 0
    for survivors, each in phases(m, simulations):
        for _ in range(each):
            plan += [visits] * survivors
            visits += 1
    return plan[:simulations]


def whole_phases(m: int, simulations: int) -> int:
    """The most simulations, not above the budget, after which all survivors are visited alike.

    An unequal remainder would let the number of visits decide alone. If the budget does not last
    for one visit of each action, it is the whole budget.
    """
    whole, spent = 0, 0
    for survivors, each in phases(m, simulations):
        for _ in range(each):
            spent += survivors
            if spent <= simulations:
                whole = spent
    return whole or simulations
