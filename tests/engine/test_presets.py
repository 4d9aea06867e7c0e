"""Settings by one word, below what a person says and above what a game suggests."""

from __future__ import annotations

import pytest

from engine.cli import flags, settings_from
from engine.errors import ConfigError
from engine.games import all_games
from engine.presets import PRESETS, preset


@pytest.mark.parametrize("game", all_games())
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fits_every_game_and_all_of_it_is_in_force(name: str, game: str) -> None:
    read = settings_from(None, flags(game, preset_name=name)).model_dump()
    for section, values in PRESETS[name].settings.items():
        assert {key: read[section][key] for key in values} == values


def test_a_flag_wins_over_a_preset() -> None:
    given = flags(assignments=["learner.minutes=9"], preset_name="quick", learner__threads=2)
    learner = settings_from(None, given).learner
    assert (learner.minutes, learner.threads) == (9.0, 2)
    assert learner.min_positions == PRESETS["quick"].settings["learner"]["min_positions"]


def test_no_preset_by_that_name() -> None:
    with pytest.raises(ConfigError, match=r"no preset 'stong', did you mean strong"):
        preset("stong")
    with pytest.raises(ConfigError, match="known: quick, standard, strong"):
        preset("fast!")
