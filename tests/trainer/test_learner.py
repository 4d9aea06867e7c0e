"""Steps, checkpoints, export: the same result however often a run was interrupted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from engine.config import Settings
from engine.errors import ConfigError, ModelError, StorageError
from engine.evaluator.onnx import OnnxEvaluator, read_card
from engine.games import find
from storage.control import set_paused
from storage.layout import create, run_paths
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from storage.stats import read_stats
from tests.trainer.conftest import Configure
from trainer import checkpoint
from trainer.continuous import learn
from trainer.divergence import Diverged
from trainer.export import export
from trainer.learner import Learner, device_of, precision_of
from trainer.network import build
from trainer.schedule import learning_rate

Generate = Callable[[Settings, int], None]


def _learner(settings: Settings) -> Learner:
    torch.set_num_threads(1)
    return Learner(find(settings.run.game), settings)


def _run(settings: Settings, steps: int) -> Learner:
    """The continuous learner up to step `steps`, then stopped."""
    learner, paths = _learner(settings), run_paths(settings)
    create(paths)
    with SqliteReplay(paths.replay, learner.game) as replay:
        learn(settings, learner, replay, FilesystemModels(paths), paths, lambda: False, steps)
    return learner


def _weights(learner: Learner) -> list[np.ndarray]:
    modules = (learner.network, learner.averaged)
    return [tensor.numpy().copy() for m in modules for tensor in m.state_dict().values()]


def _same(a: Learner, b: Learner) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(_weights(a), _weights(b), strict=True))


def test_resuming_continues_exactly(configure: Configure, generate: Generate) -> None:
    """2N steps equal N steps, a restart, N steps: weights, averages, rate to the bit."""
    straight = configure(run__name="straight")
    generate(straight, 120)
    whole = _run(straight, 30)
    stopped = configure(run__name="stopped")
    generate(stopped, 120)
    _run(stopped, 13)
    resumed = _run(stopped, 30)
    assert whole.step == resumed.step == 30
    assert whole.samples_used == resumed.samples_used
    assert _same(whole, resumed)
    group = resumed.optimizer.param_groups[0]
    assert group["lr"] == learning_rate(29, straight.learner) > 0


def test_a_window_smaller_than_the_journal_refills_exactly(
    configure: Configure, generate: Generate
) -> None:
    learners = []
    for name, stops in (("a", [20]), ("b", [7, 14, 20])):
        settings = configure(run__name=name, learner__window_positions=150)
        generate(settings, 120)
        for steps in stops:
            learner = _run(settings, steps)
        learners.append(learner)
    assert len(learners[1].window) == 150
    assert _same(*learners)


def test_steps_move_the_weights_and_lower_the_loss(
    configure: Configure, generate: Generate
) -> None:
    """Fifteen games can be learned by heart."""
    settings = configure(network__width=64, learner__learning_rate=5e-3, learner__horizon_steps=300)
    generate(settings, 15)
    learner = _learner(settings)
    with SqliteReplay(run_paths(settings).replay, learner.game) as replay:
        while learner.ingest(replay):
            pass
    before = _weights(learner)
    reports = [learner.train_step() for _ in range(300)]
    assert all(report.grad_norm > 0 for report in reports)
    assert not any(np.array_equal(a, b) for a, b in zip(before, _weights(learner), strict=True))

    def mean(rows: list[float]) -> float:
        return float(np.mean(rows))

    start = mean([r.policy_loss - r.policy_entropy for r in reports[:20]])
    end = mean([r.policy_loss - r.policy_entropy for r in reports[-20:]])
    assert end < 0.8 * start  # alike positions with unlike targets leave a floor
    assert mean([r.value_loss for r in reports[-20:]]) < mean([r.value_loss for r in reports[:20]])


def test_replay_ratio_is_held_and_the_wait_is_told(
    configure: Configure, generate: Generate
) -> None:
    settings = configure(learner__replay_ratio=2.0)
    generate(settings, 40)
    learner = _learner(settings)
    assert learner.waits_for() == "waiting for data: 0/100 positions"
    with SqliteReplay(run_paths(settings).replay, learner.game) as replay:
        while learner.ingest(replay):
            pass
    while not learner.waits_for():
        learner.train_step()
    seen = learner.window.seen
    assert 2.0 * seen - 32 < learner.samples_used <= 2.0 * seen
    assert (learner.waits_for() or "").startswith(f"waiting for data: {seen}/")


def test_learning_rate_warms_up_and_falls_to_its_floor(configure: Configure) -> None:
    settings = configure(
        learner__warmup_steps=10, learner__horizon_steps=110, learner__learning_rate=1e-2
    ).learner
    rates = [learning_rate(step, settings) for step in range(200)]
    assert rates[0] == pytest.approx(1e-3) and max(rates) == rates[10] == pytest.approx(1e-2)
    assert rates[:10] == sorted(rates[:10]) and rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[60] == pytest.approx((1e-2 + 1e-4) / 2)
    assert set(rates[110:]) == {settings.final_learning_rate}


def test_published_models_are_verified_and_versioned(
    configure: Configure, generate: Generate
) -> None:
    settings = configure(
        learner__keep_snapshots=2, learner__milestone_every=10, learner__snapshot_growth=1e9
    )
    generate(settings, 200)
    learner = _run(settings, 40)
    models = FilesystemModels(run_paths(settings))
    assert models.steps() == [5, 10, 20, 30, 35, 40]  # first, milestones, the two newest
    latest = models.latest()
    assert latest is not None and latest == models.snapshot(40)
    card = read_card(latest)
    assert (card.game, card.step, card.architecture) == ("tictactoe", 40, "mlp-16x1")
    planes = learner.window.draw(16, np.random.default_rng(0)).observations
    logits, wdl = OnnxEvaluator(learner.game, latest).evaluate(planes)
    learner.averaged.eval()
    with torch.no_grad():
        expected, scores = learner.averaged.module(torch.from_numpy(planes))
    assert np.allclose(logits, expected.numpy(), atol=1e-4)
    assert np.allclose(wdl, torch.softmax(scores, 1).numpy(), atol=1e-4)


@pytest.mark.parametrize("family", ["conv", "mlp"])
def test_both_families_export_one_file_for_any_batch(configure: Configure, family: str) -> None:
    settings = configure(network__family=family, network__width=8, run__game="connect4")
    game = find("connect4")
    planes = np.random.default_rng(0).random((3, *game.planes), dtype=np.float32)
    data = export(game, build(game, settings.network), 1, "x", planes)
    evaluator = OnnxEvaluator(game, data)
    for count in (1, 2, 77):
        batch = np.repeat(planes[:1], count, axis=0)
        logits, wdl = evaluator.evaluate(batch)
        assert logits.shape == (count, 7) and np.allclose(wdl.sum(axis=1), 1, atol=1e-5)


def test_a_network_that_the_export_distorts_is_not_published(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = find("tictactoe")
    network = build(game, configure().network)
    planes = np.ones((4, *game.planes), np.float32)
    monkeypatch.setattr("trainer.export.TOLERANCE", -1.0)
    with pytest.raises(ModelError, match=r"exported logits differ from torch by .* not published"):
        export(game, network, 1, "x", planes)


def test_a_step_that_diverges_changes_nothing(configure: Configure, generate: Generate) -> None:
    settings = configure()
    generate(settings, 100)
    _run(settings, 10)
    good = run_paths(settings).checkpoint.read_bytes()
    learner = _learner(settings)
    with SqliteReplay(run_paths(settings).replay, learner.game) as replay:
        checkpoint.restore(learner, run_paths(settings), replay)
    with torch.no_grad():
        next(iter(learner.network.parameters())).fill_(float("nan"))
    averaged = [t.clone() for t in learner.averaged.parameters()]
    with pytest.raises(Diverged, match=r"step 10: loss nan.* at the learning rate 0\.00"):
        learner.train_step()
    assert all(
        torch.equal(a, b) for a, b in zip(averaged, learner.averaged.parameters(), strict=True)
    )
    assert run_paths(settings).checkpoint.read_bytes() == good


def test_a_paused_run_takes_no_step(configure: Configure, generate: Generate) -> None:
    settings = configure()
    generate(settings, 100)
    paths = run_paths(settings)
    set_paused(paths, True)
    learner, looks = _learner(settings), [0]

    def stop_after_some_looks() -> bool:
        looks[0] += 1
        return looks[0] > 6

    with SqliteReplay(paths.replay, learner.game) as replay:
        models = FilesystemModels(paths)
        learn(settings, learner, replay, models, paths, stop_after_some_looks)
    assert learner.step == 0


def test_a_time_budget_tells_where_the_schedule_will_end(configure: Configure) -> None:
    learner = _learner(configure(learner__minutes=2.0, learner__horizon_steps=40))
    assert learner.horizon == 40 and learner.progress == 0 and not learner.is_finished
    learner.step, learner.seconds = 300, 30.0
    assert learner.progress == 0.25 and learner.horizon == 1200
    learner.seconds = 130.0
    assert learner.progress == 1 and learner.horizon == 300 and learner.is_finished
    assert _learner(configure(learner__horizon_steps=40)).horizon == 40


def test_games_that_come_without_end_do_not_keep_it_from_learning(
    configure: Configure, generate: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Actors without a model are faster than any learner: it must tell them that they are ahead."""
    monkeypatch.setattr("trainer.continuous.LOOK_SECONDS", 0.05)
    settings = configure()
    generate(settings, 100)
    learner, paths = _learner(settings), run_paths(settings)
    take = learner.ingest
    learner.ingest = lambda replay: take(replay) or 1  # type: ignore[method-assign]
    with SqliteReplay(paths.replay, learner.game) as replay:
        learn(settings, learner, replay, FilesystemModels(paths), paths, lambda: False, 3)
    stats = read_stats(paths)
    assert learner.step == 3 and stats is not None and stats["samples_used"] == 3 * 32


def test_stats_tell_what_happened(configure: Configure, generate: Generate) -> None:
    settings = configure()
    generate(settings, 100)
    _run(settings, 12)
    paths = run_paths(settings)
    stats = read_stats(paths)
    assert stats is not None
    assert stats["step"] == 12 and stats["samples_used"] == 12 * 32
    assert stats["games"] == 100 and stats["window_positions"] == stats["positions"] > 100
    assert stats["model"]["step"] == 10 and stats["message"] == "stopped"
    assert stats["history"][-1]["step"] == 12
    assert stats["history"][-1]["loss"] > 0 and stats["history"][-1]["learning_rate"] > 0
    _run(settings, 20)
    again = read_stats(paths)
    assert again is not None
    steps = [row["step"] for row in again["history"]]
    assert steps == sorted(set(steps)) and steps[-1] == 20
    assert again["history"][-1]["seconds"] >= stats["history"][-1]["seconds"]


@pytest.mark.parametrize("size", [0, 1, 100, -1])
def test_a_damaged_checkpoint_is_refused_and_kept(
    configure: Configure, generate: Generate, size: int
) -> None:
    settings = configure()
    generate(settings, 60)
    _run(settings, 6)
    path = run_paths(settings).checkpoint
    damaged = path.read_bytes()[:size]
    path.write_bytes(damaged)
    with pytest.raises(StorageError, match=r"checkpoint.pt cannot be read.*move it away"):
        _run(settings, 8)
    assert path.read_bytes() == damaged


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network__width": 8}, "architecture mlp-16x1, the configuration says mlp-8x1"),
        ({"network__family": "conv"}, "architecture mlp-16x1, the configuration says conv-16x1"),
    ],
)
def test_a_checkpoint_of_another_architecture_is_refused(
    configure: Configure, generate: Generate, change: dict[str, object], message: str
) -> None:
    settings = configure()
    generate(settings, 60)
    _run(settings, 6)
    with pytest.raises(StorageError, match=message):
        _run(configure(**change), 8)


def test_publishing_does_not_change_what_is_learned(
    configure: Configure, generate: Generate
) -> None:
    often = configure(run__name="often", learner__publish_every=2)
    seldom = configure(run__name="seldom", learner__publish_every=100)
    for settings in (often, seldom):
        generate(settings, 60)
    assert _same(_run(often, 11), _run(seldom, 11))


def test_a_gpu_is_used_where_torch_finds_one_and_never_missed_in_silence(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, auto = True, configure(learner__device="auto")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: found)
    assert device_of(auto).type == "cuda"
    assert device_of(configure(learner__device="cpu")).type == "cpu"
    found = False
    assert device_of(auto).type == "cpu"
    with pytest.raises(
        ConfigError, match=r"learner.device = 'cuda' cannot be used: torch .* no GPU"
    ):
        device_of(configure(learner__device="cuda"))


def test_a_gpu_learns_convolutions_in_bfloat16_where_it_can(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = torch.device("cuda")
    conv = configure(network__family="conv", network__width=8, network__depth=1)
    for able in (True, False):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda able=able: able)
        assert precision_of(conv, gpu) is (torch.bfloat16 if able else torch.float32)
        assert precision_of(configure(network__family="mlp"), gpu) is torch.float32
