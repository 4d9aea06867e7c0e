"""What the kernels of the search know of the settings and of the game, as one tuple of numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.config import SearchSettings
from engine.game import Game
from engine.search.halving import considered_visits, whole_phases

AS_IS, CANONICAL, RANDOM = 0, 1, 2
"""Through which symmetry the network sees a position; see `SearchSettings.symmetry`."""


class Constants(NamedTuple):
    """Settings and tables of a search.

    S = symmetries, A = actions, T = most simulations, m = most actions considered.
    """

    exploration: NDArray[np.float32]  # [T + 3] C(n) * sqrt(n) of a node with n visits
    inverse: NDArray[np.float32]  # [T + 3] 1 / n, and 0 for n = 0
    fpu_reduction: np.float32
    root_temperature: float
    noise_fraction: float
    noise_total: float
    noise_shape: float
    forced: float  # factor of the forced playouts, 0 = none
    gumbel: bool
    considered: int
    value_visits: float  # c_visit of Danihelka et al.
    value_scale: float  # c_scale
    plan: NDArray[np.int32]  # [3, m + 1, T + 1] visits that simulation t asks for, by slot.kind
    whole: NDArray[np.int32]  # [3, m + 1] simulations after which a phase ends
    prove: bool
    share: bool
    shown: int  # AS_IS, CANONICAL or RANDOM
    salt: np.uint64
    cells: NDArray[np.int64]  # [S, H * W]
    place: NDArray[np.int16]  # [S, A] where an action stands in the image's policy


def constants_of(
    game: Game,
    settings: SearchSettings,
    simulations: int,
    fast_simulations: int = 1,
    first_simulations: int = 1,
    salt: int = 0,
) -> Constants:
    """The constants for full, fast and first searches of at most so many simulations each.

    `salt` decides which random symmetry a position is seen through.
    """
    budgets = (simulations, fast_simulations, first_simulations)
    visits = np.arange(max(budgets) + 3, dtype=np.float64)
    rate = settings.c_init + np.log((visits + settings.c_base + 1) / settings.c_base)
    with np.errstate(divide="ignore"):
        inverse = np.where(visits > 0, 1 / visits, 0)
    gumbel = settings.root == "gumbel"
    considered = min(settings.considered, game.actions) if gumbel else 0
    plan, whole = _plans(considered, budgets)
    return Constants(
        exploration=(rate * np.sqrt(visits)).astype(np.float32),
        inverse=inverse.astype(np.float32),
        fpu_reduction=np.float32(settings.fpu_reduction),
        root_temperature=settings.root_temperature,
        noise_fraction=settings.dirichlet_fraction,
        noise_total=settings.dirichlet_total,
        noise_shape=settings.dirichlet_shape,
        forced=settings.forced_playouts,
        gumbel=gumbel,
        considered=settings.considered,
        value_visits=settings.value_visits,
        value_scale=settings.value_scale,
        plan=plan,
        whole=whole,
        prove=settings.prove,
        share=settings.share_duplicates,
        shown={"as_is": AS_IS, "canonical": CANONICAL, "random": RANDOM}[settings.symmetry],
        salt=np.uint64(salt),
        cells=np.stack([symmetry.cells for symmetry in game.symmetries]),
        place=np.stack([np.argsort(s.actions) for s in game.symmetries]).astype(np.int16),
    )


def _plans(most: int, budgets: tuple[int, ...]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    plan = np.zeros((len(budgets), most + 1, max(budgets) + 1), np.int32)
    whole = np.zeros((len(budgets), most + 1), np.int32)
    for kind, budget in enumerate(budgets):
        for m in range(1, most + 1):
            plan[kind, m, :budget] = considered_visits(m, budget)
            whole[kind, m] = whole_phases(m, budget)
    return plan, whole
