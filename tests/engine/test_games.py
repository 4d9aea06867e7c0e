"""Every game in the folder obeys the laws, with the compiler and without it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FinishedGame, IllegalAction, UnknownGame
from engine.game import ONGOING, Game, Rules, as_it_is, value_for
from engine.games import all_games, find
from tests import laws
from tests.toys import HEAP

GAMES = list(all_games().values())
STATE_LAWS = [
    laws.over_iff_no_legal_action,
    laws.legal_actions_are_in_order,
    laws.play_touches_its_own_row,
    laws.planes_are_finite_and_overwritten,
    laws.own_pieces_come_first,
    laws.jitted_equals_plain,
    laws.presentation_fits,
]


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@pytest.mark.parametrize("law", STATE_LAWS, ids=lambda law: law.__name__)
def test_state_law(game: Game, law: object) -> None:
    for state in laws.random_states(game, seed=1, games=15):
        law(game, state)  # type: ignore[operator]


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_game_laws(game: Game) -> None:
    laws.games_end(game, seed=2)
    for seed in range(5):
        left_out = laws.symmetries_commute(game, seed)
        assert left_out == {"othello": 4}.get(game.name, 0)  # tests/engine/games/test_othello.py
    laws.preset_is_valid(game)


@pytest.mark.parametrize("game", [*GAMES, HEAP], ids=lambda game: game.name)
def test_keys(game: Game) -> None:
    states = [*laws.early_states(game), *laws.random_states(game, seed=4, games=10)]
    for state in states:
        laws.key_stands_for_the_state(game, state)
    for seed in range(3):
        laws.games_go_on_from_the_key(game, seed)
    shared = laws.keys_are_exact(game, states)
    if len(game.symmetries) > 1:
        assert shared, "no two states shared a key, so nothing was compared"


def test_a_game_without_canonical_keeps_its_states_apart() -> None:
    """The default, on a game that has symmetries."""
    game = find("tictactoe")
    written = [getattr(game.rules, name) for name in game.rules.__dataclass_fields__]
    plain = replace(game, rules=Rules(*written[:6]))
    assert plain.rules.canonical is as_it_is
    states = list(laws.random_states(plain, seed=5, games=20))
    for state in states:
        laws.key_stands_for_the_state(plain, state)
    laws.games_go_on_from_the_key(plain, seed=6)
    assert laws.keys_are_exact(plain, states) == 0


# The word and the bit of the mover; the words 0 and 1 are what the players own. In Hex the players
# cannot be exchanged: see tests/engine/games/test_hex.py.
MOVER_AT = {
    "tictactoe": (0, 63),
    "connect4": (0, 63),
    "othello": (2, 0),
    "kalaha": (0, 56),
    "kalaha4": (0, 56),
}


@pytest.mark.parametrize("name", MOVER_AT)
def test_exchanged_players_share_their_keys(name: str) -> None:
    """`plays_as_its_image` compares the keys at every ply."""
    game, rng = find(name), np.random.default_rng(7)
    word, bit = MOVER_AT[name]
    turn = np.uint64(1 << bit)
    for state in list(laws.random_states(game, seed=8, games=3))[::7]:
        exchanged = state.copy()
        exchanged[word] &= ~turn
        exchanged[[0, 1]] = exchanged[[1, 0]]
        if not state[word] & turn:
            exchanged[word] |= turn
        assert game.is_over(state) or game.mover(exchanged) == 1 - game.mover(state)
        laws.plays_as_its_image(game, game.symmetries[0], state, exchanged, rng)


def test_rules_without_a_compiler() -> None:
    """The same random games, hashed, with Numba switched off altogether (helpers included)."""
    script = (
        "import hashlib, warnings; warnings.simplefilter('error')\n"
        "from engine.games import all_games; from tests import laws\n"
        "for game in all_games().values():\n"
        "    total = hashlib.sha256()\n"
        "    for s in laws.random_states(game, seed=3, games=8):\n"
        "        total.update(s.tobytes() + game.observe(s).tobytes())\n"
        "        total.update(repr((game.legal(s), game.result(s), game.mover(s))).encode())\n"
        "        total.update(b'' if game.is_over(s) else repr(laws.key_of(game, s)).encode())\n"
        "    print(game.name, total.hexdigest())\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "NUMBA_DISABLE_JIT": disabled, "PYTHONPATH": str(_root())},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for disabled in ("0", "1")
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0].splitlines()) == len(GAMES)


def _root() -> Path:
    return Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@given(moves=st.lists(st.integers(-3, 70), max_size=40))
def test_garbage_is_refused_and_named_or_played_by_the_rules(game: Game, moves: list[int]) -> None:
    """Any list of numbers either is a game or stops at the first ply that the rules forbid."""
    try:
        state = game.replay(moves)
    except (IllegalAction, FinishedGame) as error:
        ply = int(str(error).split(":")[0].removeprefix("ply "))
        before = game.replay(moves[: ply - 1])
        assert moves[ply - 1] not in game.legal(before)
        assert game.text(before) in str(error)
    else:
        assert game.is_over(state) == (not game.legal(state))


def test_value_is_read_in_one_place() -> None:
    assert [value_for(r, 0) for r in (5, 0, -5)] == [1.0, 0.0, -1.0]
    assert [value_for(r, 1) for r in (5, 0, -5)] == [-1.0, 0.0, 1.0]


def test_unknown_game_names_the_known_ones() -> None:
    with pytest.raises(UnknownGame, match=r"'chess'.*connect4.*tictactoe"):
        find("chess")


def test_replay_names_the_wrong_ply() -> None:
    game = find("connect4")
    with pytest.raises(IllegalAction, match=r"ply 7: action 3 is illegal.*\[0, 1, 2, 4, 5, 6\]"):
        game.replay([3] * 7)
    with pytest.raises(IllegalAction, match="ply 1: action -1"):
        game.replay([-1])
    with pytest.raises(FinishedGame, match="ply 8: Connect 4 is over"):
        game.replay([0, 1, 0, 1, 0, 1, 0, 1])


def test_connect4_draws_the_line_where_it_is() -> None:
    game = find("connect4")
    #   row 6   . . . . . . .
    #   ...
    #   row 2   o o o . . . .
    #   row 1   x x x x . . .
    state = game.replay([0, 0, 1, 1, 2, 2, 3])
    assert game.result(state) == 1
    assert game.highlight(state) == [35, 36, 37, 38]
    assert game.cells(state)[35:] == [1, 1, 1, 1, 0, 0, 0]
    assert game.cells(state)[28:35] == [2, 2, 2, 0, 0, 0, 0]


def test_connect4_lines_do_not_run_over_the_edge() -> None:
    game = find("connect4")
    # Player 0 fills the top of column 0 and the bottom of column 1: neighbours in the bit order.
    state = game.replay([5, 0, 0, 0, 0, 3, 0, 3, 0, 5, 1])
    assert game.result(state) == ONGOING


def test_observation_has_the_golden_plane() -> None:
    """One disc, one index: self-play, evaluation and browser all read the same bytes."""
    game = find("connect4")
    planes = game.observe(game.replay([2]))
    assert (
        planes[1, 5, 2] == 1.0 and planes[:4].sum() == 1.0
    )  # bottom row, third column, opponent's
    landing = [4 * 42 + (4 if column == 2 else 5) * 7 + column for column in range(7)]
    assert planes.ravel().nonzero()[0].tolist() == [42 + 5 * 7 + 2, *sorted(landing)]


def test_no_game_is_named_outside_its_file() -> None:
    names = [game.name for game in GAMES]
    allowed = ("engine/games/", "engine/config.py")  # the default of run.game
    # Exact play and a rule of thumb for the games of a file, found by the file's name.
    own_file: dict[str, list[str]] = {}
    for game in GAMES:
        module = game.rules.play.__module__.rpartition(".")[2]
        for room in ("solver", "heuristics"):
            own_file.setdefault(f"engine/{room}/{module}.py", []).append(game.name)
    for folder in ("engine", "storage", "actor", "trainer", "web", "frontend/src"):
        for path in sorted((_root() / folder).rglob("*")):
            where = path.relative_to(_root()).as_posix()
            if path.suffix not in (".py", ".ts", ".svelte") or where.startswith(allowed):
                continue
            text = path.read_text(encoding="utf-8")
            own = own_file.get(where, [])
            assert not [name for name in names if name in text and name not in own], where
