"""One order of precedence, and nothing misspelt passes."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from engine.config import Settings, names
from engine.errors import ConfigError
from engine.games import find
from engine.sources import load, parse_assignment, provenance, render


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_precedence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    game = find("tictactoe")
    preset = game.preset["search"]["simulations"]
    assert load().search.simulations == preset != Settings().search.simulations
    Path("config.toml").write_text("[search]\nsimulations = 11\nc_init = 2.5\n")
    assert load().search.simulations == 11
    monkeypatch.setenv("CARTRIDGE_SEARCH_SIMULATIONS", "12")
    assert load().search.simulations == 12
    found = load({"search": {"simulations": 13}})
    assert (found.search.simulations, found.search.c_init) == (13, 2.5)
    sources = provenance({"search": {"simulations": 13}})
    assert sources["search.simulations"] == "flag"
    assert sources["search.c_init"] == "file"
    assert sources["network.family"] == "preset"
    assert sources["learner.batch_size"] == "default"


def test_the_file_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("[run]\ngame = 'connect4'\n")
    assert load(path=other).run.game == "connect4"
    monkeypatch.setenv("CARTRIDGE_CONFIG", str(other))
    assert load().run.game == "connect4"
    assert load({"run": {"game": "tictactoe"}}).run.game == "tictactoe"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[search]\nsimulation = 1",
            "unknown setting search.simulation, did you mean search.simul",
        ),
        ("[serch]\nsimulations = 1", "unknown setting serch, did you mean search"),
        ("[search]\nsimulations = 0", "search.simulations = 0 is refused"),
        ("[search]\nsimulations = 'many'", "search.simulations = 'many' is refused"),
        ("[search\n", "not valid TOML"),
        (
            "[run]\ngame = 'chess'",
            "no game 'chess', known are: connect4, hex7, kalaha, kalaha4, othello, tictactoe",
        ),
        ("[run]\nname = '../elsewhere'", "run.name = '../elsewhere' is refused"),
        ("[storage]\nkeep_positions = 7", "keep_positions = 7 is less than learner.window_pos"),
    ],
)
def test_a_bad_file_is_refused_by_name(text: str, message: str) -> None:
    Path("config.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        load()


@pytest.mark.parametrize(
    "variable", ["CARTRIDGE_SEACH_SIMULATIONS", "CARTRIDGE_SEARCH_SIMULATION", "CARTRIDGE_X"]
)
def test_a_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(ConfigError, match=f"unknown environment variable {variable}"):
        load()


def test_missing_file_is_an_error_only_when_named(tmp_path: Path) -> None:
    load()
    with pytest.raises(ConfigError, match=r"cannot read the configuration .*gone\.toml"):
        load(path=tmp_path / "gone.toml")


def test_every_key_with_underscores_can_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CARTRIDGE_STORAGE_DATA_DIR", "/elsewhere")
    monkeypatch.setenv("CARTRIDGE_SELFPLAY_FINAL_TEMPERATURE", "0.5")
    assert load().storage.data_dir == Path("/elsewhere")
    assert load().selfplay.final_temperature == 0.5


def test_assignments() -> None:
    assert parse_assignment("search.c_init=2") == ("search", "c_init", "2")
    assert parse_assignment("run.name=") == ("run", "name", "")
    for wrong in ("search.c_init", "c_init=2", ".x=1", "search.=1"):
        with pytest.raises(ConfigError, match=r"is not of the form section\.key=value"):
            parse_assignment(wrong)


def test_assignments_reproduce_all_settings() -> None:
    settings = load({"run": {"game": "connect4", "seed": 5}, "search": {"c_init": 1.25}})
    given: dict[str, dict[str, str]] = {}
    for text in settings.assignments():
        section, key, value = parse_assignment(text)
        given.setdefault(section, {})[key] = value
    assert load(given) == settings
    assert len(settings.assignments()) == len(names())


def test_settings_can_be_sent_to_a_process_and_not_be_changed() -> None:
    settings = load()
    assert pickle.loads(pickle.dumps(settings)) == settings
    with pytest.raises(ValueError, match="frozen"):
        settings.search.simulations = 3  # type: ignore[misc]


def test_the_shipped_file_is_the_template() -> None:
    shipped = Path(__file__).resolve().parents[2] / "config.toml"
    assert shipped.read_text() == render(), "run: python -m engine template > config.toml"


def test_the_template_with_all_lines_active_gives_the_defaults() -> None:
    lines = [
        line.removeprefix("# ") if " = " in line and line.startswith("# ") else line
        for line in render().splitlines()
        if not line.startswith("# ") or line.split(" = ")[0].removeprefix("# ").isidentifier()
    ]
    Path("config.toml").write_text("\n".join(lines))
    assert load() == Settings()
    assert set(provenance().values()) == {"file"}
