"""Monte Carlo tree search over arrays.

tree, wave (layouts) · puct, proof, root, gumbel, halving (formulas) · cache · descent (kernels)
· waves (driver) · blackbox (`search`) · live (one game, against the clock) · reuse (keep a subtree)
"""

from engine.search.blackbox import UNKNOWN, Searched, search

__all__ = ["UNKNOWN", "Searched", "search"]
