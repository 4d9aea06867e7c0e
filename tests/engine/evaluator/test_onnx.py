"""The ONNX evaluator: what fits is answered exactly, what does not fit is refused."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from engine.errors import ModelError
from engine.evaluator.onnx import INPUT, OUTPUTS, ModelCard, OnnxEvaluator, read_card
from engine.evaluator.uniform import UniformEvaluator
from engine.games import find
from tests.engine.evaluator.networks import conv_model
from tests.models import linear_model

GAME = find("connect4")


def _observations(count: int) -> np.ndarray:
    return np.random.default_rng(1).random((count, *GAME.planes), dtype=np.float32).round()


def test_answers_have_the_agreed_shapes_and_meaning() -> None:
    evaluator = OnnxEvaluator(GAME, linear_model(GAME))
    logits, wdl = evaluator.evaluate(_observations(5))
    assert logits.shape == (5, 7) and wdl.shape == (5, 3)
    assert np.allclose(wdl.sum(axis=1), 1) and (wdl >= 0).all()


def test_a_row_does_not_depend_on_its_company() -> None:
    evaluator = OnnxEvaluator(GAME, linear_model(GAME))
    batch = _observations(64)
    logits, wdl = evaluator.evaluate(batch)
    for i in (0, 13, 63):
        alone = evaluator.evaluate(batch[i : i + 1])
        assert np.allclose(alone[0], logits[i], atol=1e-6)
        assert np.allclose(alone[1], wdl[i], atol=1e-6)


def test_the_card_travels_in_the_file() -> None:
    data = linear_model(GAME, step=400, architecture="conv-32x4", created_at=12.5)
    card = ModelCard("connect4", GAME.version, 400, "conv-32x4", 12.5, f"{400:064x}")
    assert read_card(data) == OnnxEvaluator(GAME, data).card == card


def test_another_game_is_refused_with_both_names() -> None:
    data = linear_model(find("tictactoe"))
    with pytest.raises(ModelError, match="model plays tictactoe, this run plays connect4"):
        OnnxEvaluator(GAME, data)


def test_other_rules_are_refused_with_both_versions() -> None:
    with pytest.raises(ModelError, match="version 99, the rules are now version 2"):
        OnnxEvaluator(GAME, linear_model(GAME, rules_version=99))


def test_other_shapes_are_refused_with_both_shapes() -> None:
    data = linear_model(find("tictactoe"), game="connect4", rules_version=GAME.version)
    with pytest.raises(ModelError, match=r"\[2, 3, 3\].*connect4 needs.*\[5, 6, 7\]"):
        OnnxEvaluator(GAME, data)


@pytest.mark.parametrize("keep", [0, 1, 100, -1])
def test_truncated_files_are_refused(keep: int) -> None:
    with pytest.raises(ModelError, match="not a complete ONNX model"):
        OnnxEvaluator(GAME, linear_model(GAME)[:keep])


def test_garbage_and_foreign_models_are_refused() -> None:
    with pytest.raises(ModelError, match="not a complete ONNX model"):
        read_card(b"certainly not a model")
    import onnx

    model = onnx.load_from_string(linear_model(GAME))
    del model.metadata_props[:]
    with pytest.raises(ModelError, match="no 'game' in its metadata"):
        read_card(model.SerializeToString())


def test_a_model_for_one_batch_size_only_is_refused() -> None:
    with pytest.raises(ModelError, match=r"has the shape \[4, 5, 6, 7\], batches of any size"):
        OnnxEvaluator(GAME, conv_model(GAME, blocks=1, batch=4))


@pytest.mark.parametrize("batch", [1, 100, 128])
def test_batches_of_any_size_give_what_the_runtime_gives(batch: int) -> None:
    data = conv_model(GAME)
    evaluator = OnnxEvaluator(GAME, data, batch)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    for count in (1, 3, 128, 5, 100, 700, 128):
        observations = _observations(count)
        found = evaluator.evaluate(observations)
        for ours, theirs in zip(found, session.run(OUTPUTS, {INPUT: observations}), strict=True):
            assert np.allclose(ours, theirs, atol=1e-5)


def test_answers_are_written_to_the_same_place() -> None:
    evaluator = OnnxEvaluator(GAME, linear_model(GAME))
    first, second = evaluator.evaluate(_observations(64)), evaluator.evaluate(_observations(64))
    assert [a.ctypes.data for a in first] == [a.ctypes.data for a in second]


def test_uniform_knows_nothing() -> None:
    logits, wdl = UniformEvaluator(GAME).evaluate(_observations(600))
    assert logits.shape == (600, 7) and not logits.any()
    assert wdl.tolist() == [[0, 1, 0]] * 600
