"""The laws of engine/game.py, executable for any game; tests/engine/test_games.py runs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from engine.config import Settings
from engine.game import ONGOING, Game, State, as_it_is
from engine.sources import merge
from engine.symmetry import Symmetry


def random_states(game: Game, seed: int, games: int = 30) -> Iterator[State]:
    """Every position of some uniformly random games, the finished one last."""
    rng = np.random.default_rng(seed)
    for _ in range(games):
        state = game.new()
        yield state.copy()
        while not game.is_over(state):
            game.rules.play(state, int(rng.choice(game.legal(state))))
            yield state.copy()


def over_iff_no_legal_action(game: Game, state: State) -> None:
    """Law 1."""
    assert (len(game.legal(state)) == 0) == game.is_over(state), game.text(state)


def legal_actions_are_in_order(game: Game, state: State) -> None:
    """Law 2, and that `legal` looks without touching."""
    before = state.copy()
    actions = game.legal(state)
    assert actions == sorted(set(actions)), game.text(state)
    assert all(0 <= action < game.actions for action in actions)
    assert np.array_equal(before, state)


def play_touches_its_own_row(game: Game, state: State) -> None:
    """Law 3: neighbours in a batch keep their bits, and the same move gives the same state."""
    for action in game.legal(state):
        batch = np.full((3, game.words), 0xDEAD, np.uint64)
        batch[1] = state
        game.rules.play(batch[1], action)
        assert (batch[[0, 2]] == 0xDEAD).all()
        assert np.array_equal(batch[1], game.after(state, action))
        assert game.mover(batch[1]) in (0, 1)


def games_end(game: Game, seed: int) -> None:
    """Law 4."""
    rng = np.random.default_rng(seed)
    for _ in range(50):
        state, plies = game.new(), 0
        while not game.is_over(state):
            game.rules.play(state, int(rng.choice(game.legal(state))))
            plies += 1
            assert plies <= game.max_plies
        assert game.result(state) != ONGOING


def planes_are_finite_and_overwritten(game: Game, state: State) -> None:
    """Law 5, first half: whatever was in the buffer before is gone."""
    dirty = np.full(game.planes, np.nan, np.float32)
    game.rules.observe(state, dirty)
    assert np.isfinite(dirty).all(), game.text(state)
    assert np.array_equal(dirty, game.observe(state))


def own_pieces_come_first(game: Game, state: State) -> None:
    """Law 5, second half: plane 0 holds what `cells` says of the mover, plane 1 of the other."""
    if game.view.layout == "pits":
        return
    cells = np.array(game.cells(state)).reshape(game.planes[1:])
    planes = game.observe(state)
    own = game.mover(state) + 1
    assert np.array_equal(planes[0], cells == own), game.text(state)
    assert np.array_equal(planes[1], cells == 3 - own), game.text(state)


def symmetries_commute(game: Game, seed: int) -> int:
    """Law 6: a game played through a mirror is the mirror of the game.

    Returns how many symmetries were left out because they move the start position: only the game's
    own test can build the image of a state. See `plays_as_its_image`.
    """
    rng = np.random.default_rng(seed)
    kept = keeping_the_start(game)
    for symmetry in kept:
        plays_as_its_image(game, symmetry, game.new(), game.new(), rng)
    return len(game.symmetries) - len(kept)


def keeping_the_start(game: Game) -> list[Symmetry]:
    """The symmetries under which the start position is its own image."""
    start = game.observe(game.new())
    return [s for s in game.symmetries if np.array_equal(seen_through(game, s, game.new()), start)]


def seen_through(game: Game, symmetry: Symmetry, state: State) -> NDArray[np.float32]:
    """The planes of the image of `state`."""
    planes = game.observe(state).reshape(game.planes[0], -1)[:, symmetry.cells]
    return planes.reshape(game.planes)


def plays_as_its_image(
    game: Game, symmetry: Symmetry, state: State, image: State, rng: np.random.Generator
) -> None:
    """A random game from `state`, played beside its image to the end.

    In the image the players may be exchanged: then they are to the end, and so is the result. Where
    `canonical` is written, both have the same key at every ply.
    """
    # policy_seen[i] = policy[actions[i]]: what is action a here is the place of a there.
    place = np.argsort(symmetry.actions)
    state, image = state.copy(), image.copy()
    exchanged = game.mover(state) ^ game.mover(image)
    while True:
        over = game.is_over(state)
        assert game.is_over(image) == over
        if not (over and exchanged):  # once it is over, the mover may be any fixed player
            assert np.array_equal(seen_through(game, symmetry, state), game.observe(image))
        assert game.legal(image) == sorted(place[game.legal(state)])
        if over:
            break
        assert game.mover(image) == game.mover(state) ^ exchanged
        if game.rules.canonical is not as_it_is:
            assert key_of(game, image)[0] == key_of(game, state)[0], game.text(state)
        action = int(rng.choice(game.legal(state)))
        game.rules.play(state, action)
        game.rules.play(image, int(place[action]))
    assert game.result(image) == game.result(state) * (-1 if exchanged else 1)


def jitted_equals_plain(game: Game, state: State) -> None:
    """Law 7, for the rules themselves; test_games runs all of them without a compiler too."""
    rules = game.rules
    for name in ("mover", "result"):
        rule = getattr(rules, name)
        assert rule(state) == rule.py_func(state)
    jitted, plain = np.empty(game.actions, np.int16), np.empty(game.actions, np.int16)
    count = rules.legal(state, jitted)
    assert count == rules.legal.py_func(state, plain)  # type: ignore[attr-defined]
    assert np.array_equal(jitted[:count], plain[:count])
    for action in jitted[:count]:
        one, other = state.copy(), state.copy()
        rules.play(one, int(action))
        rules.play.py_func(other, int(action))  # type: ignore[attr-defined]
        assert np.array_equal(one, other)
    if count:
        one, other = np.zeros_like(state), np.zeros_like(state)
        symmetry = rules.canonical(state, one)
        assert symmetry == rules.canonical.py_func(state, other)  # type: ignore[attr-defined]
        assert np.array_equal(one, other)


def presentation_fits(game: Game, state: State) -> None:
    """Law 8."""
    cells = game.cells(state)
    board = game.view.rows * game.view.columns
    assert len(cells) == board
    if game.view.layout != "pits":
        assert set(cells) <= set(range(len(game.view.pieces) + 1))
    labels = [game.label(action) for action in game.legal(state)]
    assert len(set(labels)) == len(labels) and all(labels)
    clicks = [tuple(game.clicks(action, game.mover(state))) for action in game.legal(state)]
    assert all(0 <= cell < board for cells in clicks for cell in cells)
    assert all(len(cells) <= 2 for cells in clicks)
    pressed = [cells for cells in clicks if cells]
    assert len(set(pressed)) == len(pressed)
    assert all(0 <= cell < board for cell in game.highlight(state))


def preset_is_valid(game: Game) -> None:
    """Law 9."""
    defaults = {name: getattr(Settings(), name).model_dump() for name in Settings.model_fields}
    merged = merge(defaults, game.preset)
    read = {name: merged[name] for name in defaults}
    assert set(merged) == set(defaults)
    Settings(**read)


def key_of(game: Game, state: State) -> tuple[tuple[int, ...], int]:
    """The key as a tuple, and the number of its symmetry; touches the key's own row alone."""
    batch = np.full((3, game.words), 0xDEAD, np.uint64)
    before = state.copy()
    symmetry = game.rules.canonical(state, batch[1])
    assert (batch[[0, 2]] == 0xDEAD).all()
    assert np.array_equal(before, state)
    return tuple(int(word) for word in batch[1]), int(symmetry)


def key_stands_for_the_state(game: Game, state: State) -> None:
    """Law 10, the two equations, and that a key is its own key."""
    if game.is_over(state):
        return
    words, number = key_of(game, state)
    key = np.array(words, np.uint64)
    symmetry = game.symmetries[number]
    assert np.array_equal(game.observe(key), seen_through(game, symmetry, state)), game.text(state)
    legal = set(game.legal(state))
    seen = [i for i, action in enumerate(symmetry.actions) if action in legal]
    assert game.legal(key) == seen, game.text(state)
    assert key_of(game, key)[0] == words, game.text(state)
    if game.rules.canonical is as_it_is:
        assert np.array_equal(key, state) and number == 0


def games_go_on_from_the_key(game: Game, seed: int, games: int = 20) -> None:
    """Law 10, the future: from a random ply on, the key plays as the image of the state."""
    rng = np.random.default_rng(seed)
    for _ in range(games):
        *unfinished, _ = random_states(game, int(rng.integers(1 << 30)), games=1)
        state = unfinished[rng.integers(len(unfinished))]
        words, number = key_of(game, state)
        key = np.array(words, np.uint64)
        plays_as_its_image(game, game.symmetries[number], state, key, rng)


def keys_are_exact(game: Game, states: Iterable[State]) -> int:
    """Law 10, the rest: one key for one least view, one least view for one key.

    Returns how many keys stand for several of the states.
    """
    view_of: dict[tuple[int, ...], bytes] = {}
    key_of_view: dict[bytes, tuple[int, ...]] = {}
    members: dict[tuple[int, ...], set[bytes]] = {}
    for state in states:
        if game.is_over(state):
            continue
        key, view = key_of(game, state)[0], least_view(game, state)
        assert view_of.setdefault(key, view) == view, game.text(state)
        if game.rules.canonical is not as_it_is:
            assert key_of_view.setdefault(view, key) == key, game.text(state)
        members.setdefault(key, set()).add(state.tobytes())
    return sum(len(states) > 1 for states in members.values())


def least_view(game: Game, state: State) -> bytes:
    """Planes and legal actions through every symmetry, the least of them: no bit of `canonical`."""
    mask = np.zeros(game.actions, np.bool_)
    mask[game.legal(state)] = True
    return min(
        seen_through(game, symmetry, state).tobytes() + mask[symmetry.actions].tobytes()
        for symmetry in game.symmetries
    )


def early_states(game: Game, most: int = 3000) -> list[State]:
    """Every position of the first plies, as many plies as `most` allows: here paths meet."""
    layer = found = {game.new().tobytes(): game.new()}
    while True:
        following = {
            after.tobytes(): after
            for state in layer.values()
            for after in (game.after(state, action) for action in game.legal(state))
        }
        if not following or len(found) + len(following) > most:
            return list(found.values())
        layer, found = following, found | following
