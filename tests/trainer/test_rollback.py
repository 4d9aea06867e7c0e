"""Trouble: the learner goes back by itself, tells of it, and gives up where that does not help."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from engine.config import LearnerSettings, Settings
from engine.evaluator.onnx import read_card
from engine.game import Game
from engine.games import find
from storage.evaluations import read_evaluations, write_evaluations
from storage.layout import create, run_paths, steps_in
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from storage.stats import read_stats
from storage.verdicts import Relapse, Verdicts, write_verdicts
from tests.models import linear_model
from tests.trainer.conftest import Configure
from trainer import checkpoint
from trainer.continuous import learn
from trainer.divergence import FEWEST_STEPS, Exploded, GaveUp, LossWatch, Setbacks
from trainer.export import digest
from trainer.learner import Learner, StepReport
from trainer.loop import Loop
from trainer.schedule import learning_rate

Generate = Callable[[Settings, int], None]


@pytest.fixture(autouse=True)
def quick_export(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any model with the right card will do here, unless the test is about models."""

    def exported(game: Game, network: nn.Module, step: int, *_: object) -> bytes:
        return linear_model(game, step, sha256=digest(network))

    if "relapse_sends" not in request.node.name:
        monkeypatch.setattr("trainer.learner.export", exported)


class Troubled(Learner):
    """A learner whose weights a fault spoils just before the steps named; each time once."""

    def __init__(self, settings: Settings, factor: float, *steps: int) -> None:
        torch.set_num_threads(1)
        super().__init__(find(settings.run.game), settings)
        self.factor = factor
        self.faults = list(steps)
        self.taken: list[int] = []

    def train_step(self) -> StepReport:
        if self.faults and self.step == self.faults[0]:
            self.faults.pop(0)
            with torch.no_grad():
                for weights in self.network.parameters():
                    weights.mul_(self.factor)
        self.taken.append(self.step)
        return super().train_step()


def _learn(settings: Settings, learner: Learner, steps: int, most: int = 1000) -> None:
    """The continuous learner up to step `steps`, or until it has taken `most` in this process."""
    paths = run_paths(settings)
    create(paths)
    with SqliteReplay(paths.replay, learner.game) as replay:
        learn(
            *(settings, learner, replay, FilesystemModels(paths), paths),
            stop=lambda: isinstance(learner, Troubled) and len(learner.taken) >= most,
            max_steps=steps,
        )


def _stats(settings: Settings) -> dict[str, Any]:
    found = read_stats(run_paths(settings))
    assert found is not None
    return found


def _healthy(learner: Learner) -> bool:
    modules = (learner.network, learner.averaged)
    return all(bool(t.isfinite().all()) for m in modules for t in m.state_dict().values())


def test_a_loss_that_is_no_number_sends_the_learner_back(
    configure: Configure, generate: Generate
) -> None:
    """Weights, step and history go back; samples and games stay counted; the rate falls."""
    settings = configure(learner__rollback_factor=0.25)
    generate(settings, 120)
    learner = Troubled(settings, float("nan"), 8)
    _learn(settings, learner, 12)
    assert learner.taken == [*range(9), *range(5, 12)] and _healthy(learner)
    assert learner.samples_used == (8 + 7) * 32
    assert learner.optimizer.param_groups[0]["lr"] == 0.25 * learning_rate(11, settings.learner)
    stats = _stats(settings)
    (incident,) = stats["incidents"]
    assert (incident["kind"], incident["step"], incident["restored_step"]) == ("diverged", 8, 5)
    assert "step 8: loss nan" in incident["message"] and "back at step 5" in incident["message"]
    steps = [row["step"] for row in stats["history"]]
    assert steps == sorted(set(steps)) and steps[-1] == 12
    assert all(np.isfinite(row["loss"]) for row in stats["history"])
    models = FilesystemModels(run_paths(settings))
    assert models.steps() == [5, 10] and models.latest() == models.snapshot(10)


def test_before_the_first_model_it_begins_anew(configure: Configure, generate: Generate) -> None:
    settings = configure(learner__publish_every=100)
    generate(settings, 60)
    learner = Troubled(settings, float("inf"), 4)
    _learn(settings, learner, 6)
    assert learner.taken == [*range(5), *range(6)] and _healthy(learner)
    assert _stats(settings)["incidents"][0]["restored_step"] == 0
    assert FilesystemModels(run_paths(settings)).latest() is None


def test_an_exploding_loss_sends_the_learner_back(configure: Configure, generate: Generate) -> None:
    """Nothing is published and no checkpoint written while the loss is far too high."""
    settings = configure(
        learner__publish_every=5, learner__explosion_steps=7, learner__replay_ratio=1000.0
    )
    generate(settings, 60)
    learner = Troubled(settings, 40.0, FEWEST_STEPS + 3)
    learner.losses._calm.extend([2.0] * FEWEST_STEPS)  # as if so many steps had been taken
    learner.faults = [8]
    _learn(settings, learner, 16)
    # 5 is published, 8 is spoilt, at 10 the loss is raised, 14 is the seventh such step.
    assert learner.taken == [*range(15), *range(5, 16)]
    (incident,) = _stats(settings)["incidents"]
    assert incident["kind"] == "exploded" and incident["restored_step"] == 5
    assert "is the last of 7 in a row above 3 times the median of" in incident["message"]
    assert steps_in(run_paths(settings).checkpoints) == [5, 10, 15]
    assert _stats(settings)["history"][-1]["loss"] < 4


@pytest.mark.parametrize(("length", "explodes"), [(19, False), (20, True)])
def test_only_a_lasting_rise_is_an_explosion(length: int, explodes: bool) -> None:
    watch = LossWatch(LearnerSettings())
    rng = np.random.default_rng(0)
    for step in range(1000):  # falling and noisy, with single spikes
        watch.look(step, 3.0 * 0.998**step + rng.uniform(0, 0.5) + 50 * (step % 7 == 0))
        assert watch.is_calm == (step % 7 != 0 or step < FEWEST_STEPS)
    raised = [9.0] * length + [0.5]
    if explodes:
        with pytest.raises(Exploded, match=r"step 1019: loss 9 is the last of 20 in a row above 3"):
            for step, loss in enumerate(raised, 1000):
                watch.look(step, loss)
    else:
        for step, loss in enumerate(raised, 1000):
            watch.look(step, loss)
        assert watch.is_calm


def test_it_gives_up_and_can_be_started_again(configure: Configure, generate: Generate) -> None:
    """The error names the remedy; what is on the disk is good, and the lower rate is kept."""
    settings = configure(learner__most_rollbacks=2)
    generate(settings, 120)
    paths = run_paths(settings)
    with pytest.raises(GaveUp, match=r"back at step 5.*did not help 2 times: lower learner\.lear"):
        _learn(settings, Troubled(settings, float("nan"), 8, 7, 6), 12)
    stats = _stats(settings)
    assert [i["step"] for i in stats["incidents"]] == [8, 7, 6]
    assert stats["message"] == stats["incidents"][-1]["message"] and stats["step"] == 5
    assert not paths.heartbeat("trainer").exists()
    again = Troubled(settings, float("nan"), 6)
    _learn(settings, again, 8)
    assert again.taken == [5, 6, 5, 6, 7] and again.setbacks.rate_factor == 0.5**4
    assert len(_stats(settings)["incidents"]) == 4


def test_progress_ends_a_row_of_rollbacks() -> None:
    settings = LearnerSettings(most_rollbacks=1, rollback_span=100)
    setbacks = Setbacks()
    assert not setbacks.count(50, 40, settings)
    assert not setbacks.count(151, 140, settings)  # 101 steps beyond the first trouble
    assert setbacks.count(145, 140, settings)
    assert (setbacks.in_a_row, setbacks.rate_factor) == (0, 0.125)


def _relapse(settings: Settings, step: int, against: int, at: float = 1.0) -> None:
    relapse = Relapse(step=step, against=against, score=0.31, interval=(0.25, 0.38), at=at)
    paths = run_paths(settings)
    book = read_evaluations(paths)  # a judge that starts later finds it there
    book.relapse = relapse
    write_evaluations(paths, book)
    write_verdicts(paths, Verdicts(best_step=against, relapse=relapse))


def _promote(settings: Settings, step: int) -> str:
    models = FilesystemModels(run_paths(settings))
    models.promote(models.snapshot(step))
    return read_card(models.snapshot(step)).sha256


def test_a_relapse_sends_the_learner_back_to_the_best(
    configure: Configure, generate: Generate
) -> None:
    """Its checkpoint outlives newer ones; the models of the steps given up are gone."""
    settings = configure(
        learner__keep_snapshots=2, learner__milestone_every=15, learner__snapshot_growth=9
    )
    generate(settings, 120)
    paths, models = run_paths(settings), FilesystemModels(run_paths(settings))
    _learn(settings, Troubled(settings, 1.0), 5)
    best = _promote(settings, 5)
    _learn(settings, Troubled(settings, 1.0), 17)
    assert steps_in(paths.checkpoints) == [5, 10, 15] and models.steps() == [5, 10, 15]
    _relapse(settings, 15, 5)
    learner = Troubled(settings, 1.0)
    _learn(settings, learner, 100, most=1)
    assert learner.step == 6 and learner.taken == [5]
    assert models.steps() == [5] and steps_in(paths.checkpoints) == [5]
    latest = models.latest()
    assert latest is not None and read_card(latest).step == 5 and read_card(latest).sha256 == best
    (incident,) = _stats(settings)["incidents"]
    assert (incident["kind"], incident["step"], incident["restored_step"]) == ("relapsed", 17, 5)
    assert "step 15 scores 31.0% (25.0% to 38.0%) against the best" in incident["message"]
    assert learner.samples_used == (17 + 1) * 32
    # The same verdict is heard once, also after a restart; then the new line takes the names.
    again = Troubled(settings, 1.0)
    _learn(settings, again, 16)
    assert again.taken == list(range(6, 16)) and models.steps() == [5, 10, 15]
    assert again.setbacks.rate_factor == 0.5 and len(_stats(settings)["incidents"]) == 1
    assert digest(again.averaged.module) != best


def test_a_relapse_without_a_checkpoint_is_told(configure: Configure, generate: Generate) -> None:
    settings = configure()
    generate(settings, 60)
    paths = run_paths(settings)
    _learn(settings, Troubled(settings, 1.0), 5)
    _promote(settings, 5)
    paths.checkpoint_of(5).unlink()
    _relapse(settings, 5, 5)
    learner = Troubled(settings, 1.0)
    _learn(settings, learner, 7)
    assert learner.taken == [5, 6] and learner.setbacks.rate_factor == 1
    (incident,) = _stats(settings)["incidents"]
    assert incident["restored_step"] is None and "is not kept any more" in incident["message"]


def test_a_verdict_about_steps_that_were_given_up_is_none(
    configure: Configure, generate: Generate
) -> None:
    settings = configure()
    generate(settings, 60)
    _learn(settings, Troubled(settings, 1.0), 5)
    _promote(settings, 5)
    _relapse(settings, 10, 5)  # a model that this learner has not made yet
    for steps in (7, 12):
        learner = Troubled(settings, 1.0)
        _learn(settings, learner, steps)
        assert learner.step == steps and _stats(settings)["incidents"] == []


def test_the_same_trouble_again_leads_further_back(
    configure: Configure, generate: Generate
) -> None:
    """First to the last checkpoint; where that does not help, to that of the best model."""
    settings = configure()
    generate(settings, 120)
    _learn(settings, Troubled(settings, 1.0), 10)
    _promote(settings, 5)
    learner = Troubled(settings, float("nan"), 12, 11)
    _learn(settings, learner, 13)
    assert learner.taken == [10, 11, 12, 10, 11, *range(5, 13)]
    assert [i["restored_step"] for i in _stats(settings)["incidents"]] == [10, 5]


def test_the_window_stays_when_the_learner_goes_back(
    configure: Configure, generate: Generate
) -> None:
    """The replay ratio holds: what the steps given up have used is not to be used once more."""
    settings = configure(learner__replay_ratio=1.0, learner__publish_every=5)
    generate(settings, 120)
    learner = Troubled(settings, float("nan"), 9)
    paths = run_paths(settings)

    def stop() -> bool:
        return learner.step > 0 and learner.waits_for() is not None

    with SqliteReplay(paths.replay, learner.game) as replay:
        learn(settings, learner, replay, FilesystemModels(paths), paths, stop)
        seen = learner.window.seen
        assert seen == replay.totals().positions and not learner.faults
        assert seen - 32 < learner.samples_used <= seen
        restored = Troubled(settings, 1.0)
        checkpoint.restore(restored, paths, replay)
    assert (restored.samples_used, restored.window.seen) == (learner.samples_used, seen)
    stats = json.loads(paths.stats.read_bytes())
    assert stats["samples_used"] == learner.samples_used


def test_resuming_after_a_rollback_continues_exactly(
    configure: Configure, generate: Generate
) -> None:
    weights = []
    for name, stops in (("straight", [13]), ("stopped", [7, 10, 13])):
        settings = configure(run__name=name)
        generate(settings, 120)
        learner = Troubled(settings, float("nan"), 6)
        for steps in stops:
            _learn(settings, learner, steps)
            if steps != stops[-1]:
                learner = Troubled(settings, 1.0)
        assert learner.setbacks == Setbacks(0.5, 1, 6, 5, 0, 0.0)
        weights.append(learner)
    one, other = (w.network.state_dict() | w.averaged.state_dict() for w in weights)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_loop_goes_back_and_finishes(configure: Configure, generate: Generate) -> None:
    """A fault within an iteration repeats it; a relapse takes no step of past iterations twice."""
    sizes = {"iterations": 3, "episodes": 20, "steps": 6, "random_games": 2}
    settings = configure(
        **{f"loop__{key}": value for key, value in sizes.items()},
        referee__most_games=2,
        referee__simulations=2,
    )
    paths = run_paths(settings)
    create(paths)
    learner, models = Troubled(settings, float("nan"), 9), FilesystemModels(paths)
    with SqliteReplay(paths.replay, learner.game) as replay:

        def play(settings: Settings, games: int) -> None:
            if learner.step == 12:  # the referee speaks between the second and the third
                models.promote(models.snapshot(6))
                _relapse(settings, 12, 6)
                raise InterruptedError
            generate(settings, games)

        with pytest.raises(InterruptedError):
            Loop(settings, learner, replay, models, paths, lambda: False, play).run(
                lambda step, message: None
            )
        assert learner.taken == [*range(10), *range(6, 12)]
        learner = Troubled(settings, 1.0)
        Loop(settings, learner, replay, models, paths, lambda: False, play).run(
            lambda step, message: None
        )
    assert learner.taken == list(range(6, 12)) and learner.setbacks.undone == 6
    stats = _stats(settings)
    assert [i["kind"] for i in stats["incidents"]] == ["diverged", "relapsed"]
    assert stats["message"] == "finished" and stats["step"] == 12
    assert replay is not None
