"""Operations of a network, counted by torch, against a count by hand."""

from __future__ import annotations

from collections.abc import Callable

import torch

from engine.config import NetworkSettings, Settings
from engine.evaluator.onnx import read_card
from engine.games import find
from storage.effort import Effort
from storage.layout import run_paths
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay
from tests.trainer.conftest import Configure
from trainer.flops import learning_flops, playing_flops
from trainer.journal import Journal
from trainer.learner import Learner
from trainer.network import build

CONNECT4 = find("connect4")
Generate = Callable[[Settings, int], None]


def test_a_convolution_counts_as_by_hand() -> None:
    width, channels, cells = 8, CONNECT4.planes[0], 42
    network = build(CONNECT4, NetworkSettings(family="conv", width=width, depth=2, pooled_blocks=1))
    body = cells * 9 * width * (channels + 4 * width) + 2 * width * width
    policy = cells * width * 16 + 16 * cells * 7
    wdl = cells * width * 8 + 8 * cells * 64 + 64 * 3
    assert playing_flops(network, CONNECT4) == 2 * (body + policy + wdl)
    lesson = body + 2 * policy + wdl + cells * width * 3 + 64
    assert learning_flops(network, CONNECT4) == 3 * 2 * lesson


def test_counting_leaves_the_network_alone() -> None:
    network = build(CONNECT4, NetworkSettings(family="conv", width=8, depth=1)).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    learning_flops(network, CONNECT4)
    assert network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_run_adds_up_what_it_costs(configure: Configure, generate: Generate) -> None:
    settings = configure()
    generate(settings, 60)
    paths, game = run_paths(settings), find(settings.run.game)
    actor = Effort(paths, "actor-0")
    actor.add(50, 50_000.0)
    actor.save(force=True)
    learner, models = Learner(game, settings), FilesystemModels(paths)
    with SqliteReplay(paths.replay, game) as replay:
        learner.ingest(replay)
        for done in (3, 5):  # the second journal is that of a restart
            journal = Journal(settings, paths, models)
            while learner.step < done:
                journal.note(learner.train_step())
            journal.write(learner, replay, "training", 1.0, force=True)
            row = journal.history[-1]
            sample = learning_flops(learner.network, game)
            assert row["flops"] == 50_000 + done * settings.learner.batch_size * sample
            assert row["core_seconds"] > 0
    models.publish(learner.export(), 5)
    data = models.latest()
    assert data is not None and read_card(data).flops == playing_flops(learner.network, game)
