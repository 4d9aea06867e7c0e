"""Players whose network is computed in fewer bits: the same moves, or a refusal."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from actor import rounded as module
from actor.players import SearchPlayer
from actor.rounded import rounded
from actor.specs import Recipe, parse
from engine.config import EvaluatorSettings, SearchSettings
from engine.errors import ConfigError, ModelError
from engine.evaluator import choose
from engine.evaluator.agreement import objections
from engine.evaluator.backends import unavailable
from engine.games import find
from tests.engine.evaluator.networks import conv_model, positions_of

GAME = find("connect4")
MODEL = conv_model(GAME)
BITS = [
    pytest.param(
        bits,
        marks=pytest.mark.skipif(
            find_spec("openvino") is None or unavailable(backend) != "",
            reason="./scripts/setup installs OpenVINO, and the processor must have it",
        ),
    )
    for bits, backend in module.BACKENDS.items()
]


@pytest.mark.parametrize("bits", BITS)
def test_it_judges_as_the_exact_one_does_and_not_quite(bits: str) -> None:
    exact = Recipe(parse("latest@8"), MODEL).player(GAME, SearchSettings())
    other = Recipe(parse(f"latest@8/{bits}"), MODEL).player(GAME, SearchSettings())
    again = Recipe(parse(f"latest@0/{bits}/t1"), MODEL).player(GAME, SearchSettings())
    assert isinstance(exact, SearchPlayer) and isinstance(other, SearchPlayer)
    assert isinstance(again, SearchPlayer) and again.evaluator is other.evaluator
    observations = positions_of(GAME, 64).observations
    expected = exact.evaluator.evaluate(observations)[0].copy()
    found = other.evaluator.evaluate(observations)[0]
    assert not np.array_equal(found, expected)
    np.testing.assert_allclose(found, expected, atol=0.2 * float(np.abs(expected).max()))


@pytest.mark.parametrize("bits", BITS)
def test_one_that_says_something_else_is_refused(
    bits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = EvaluatorSettings(max_policy_kl=0)
    monkeypatch.setattr(choose, "objections", lambda found, limits: objections(found, strict))
    with pytest.raises(ModelError, match=rf"step 9 is refused in {bits}: policy KL .*out /{bits}"):
        rounded(GAME, conv_model(GAME, step=9), bits)


def test_a_machine_that_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "unavailable", lambda backend: f"{backend} is not installed")
    with pytest.raises(ConfigError, match="in int8 cannot be computed here: openvino-int8 is not"):
        rounded(GAME, conv_model(GAME, step=8), "int8")
