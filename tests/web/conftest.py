import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.config import Settings
from engine.game import Game
from engine.games import all_games
from engine.sources import load
from storage.layout import RunPaths, create, run_paths
from web.app import create_app

GAMES = list(all_games().values())

Configure = Callable[..., Settings]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in list(os.environ):
        if variable.upper().startswith("CARTRIDGE_"):
            monkeypatch.delenv(variable)


@pytest.fixture
def game() -> Game:
    """The game of the server's run."""
    return GAMES[0]


@pytest.fixture
def other() -> Game:
    """A game that the server's run does not train."""
    return GAMES[1]


@pytest.fixture
def configure(tmp_path: Path, game: Game) -> Configure:
    """Settings of a run in an empty folder; keywords are `section__key=value`."""

    def settings(**changes: object) -> Settings:
        flags: dict[str, dict[str, object]] = {
            "run": {"game": game.name, "name": "lesson"},
            "storage": {"data_dir": tmp_path / "data", "zoo_dir": str(tmp_path / "zoo")},
            "web": {"simulations": 12, "max_simulations": 500_000, "rate": 0},
        }
        for name, value in changes.items():
            section, key = name.split("__")
            flags[section][key] = value
        file = tmp_path / "config.toml"
        file.touch()
        return load(flags, file)

    return settings


@pytest.fixture
def settings(configure: Configure) -> Settings:
    return configure()


@pytest.fixture
def paths(settings: Settings) -> RunPaths:
    """The run's folder, made as its processes would make it."""
    found = run_paths(settings)
    create(found)
    return found


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings)) as connected:
        yield connected
