"""Every game as a reinforcement-learning environment; needs the extra `envs`.

    single.CartridgeEnv    Gymnasium, one game, the opponent inside
    vector.VectorGames     Gymnasium, thousands of games a call, a random opponent inside
    multi.TwoPlayerEnv     PettingZoo AEC, both players outside

What all of them hold to:

    - players need not alternate: whoever the rules name is asked, as often as they name them
    - rewards come at the end alone: 1 won, 0 drawn, -1 lost, for the player who is rewarded
    - an observation is the view of a player who is to move; in a finished game, and for a player
      who has to wait, it is all zeros, because the rules give no view to anybody else
    - an illegal action raises IllegalAction, which names the position, and changes nothing

Importing this registers nothing; `register_all` does.
"""

from __future__ import annotations

try:
    import gymnasium
except ModuleNotFoundError as error:
    if error.name != "gymnasium":
        raise
    raise ImportError(
        "engine.envs needs Gymnasium: install the extra `envs`, pip install 'cartridge2[envs]'",
        name="gymnasium",
    ) from None

from engine.envs.single import CartridgeEnv, Opponent, random_opponent
from engine.envs.vector import VectorGames
from engine.game import Game
from engine.games import all_games

__all__ = [
    "CartridgeEnv",
    "Opponent",
    "VectorGames",
    "environment_id",
    "random_opponent",
    "register_all",
]


def environment_id(game: Game) -> str:
    """The name for `gymnasium.make`; its version is that of the game's rules."""
    return f"Cartridge2/{game.name}-v{game.version}"


def register_all() -> list[str]:
    """Make every game known to `gymnasium.make` and `make_vec`; returns their ids, sorted by game.

    Calling it again does nothing.
    """
    ids = []
    for game in all_games().values():
        name = environment_id(game)
        ids.append(name)
        if name not in gymnasium.registry:
            gymnasium.register(
                id=name,
                entry_point="engine.envs.single:CartridgeEnv",
                vector_entry_point="engine.envs.vector:VectorGames",
                kwargs={"game": game.name},
            )
    return ids
