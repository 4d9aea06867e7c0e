"""Matches by names: the same result in one process and in two, and a test that stops them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from actor.arena import Score
from actor.contest import HEAT, Match, Outcome, contest
from actor.specs import Recipe, parse
from actor.sprt import Sprt
from engine.config import SearchSettings
from engine.errors import ConfigError
from engine.games import find

ROOT = Path(__file__).resolve().parents[2]
KALAHA, TICTACTOE = find("kalaha"), find("tictactoe")
SPRT = Sprt(0, 100)


def _contest(
    first: str,
    second: str,
    games: int,
    *,
    seed: int = 0,
    workers: int = 1,
    test: Sprt | None = None,
) -> Outcome:
    recipes = [Recipe(parse(spec)) for spec in (first, second)]
    return contest(KALAHA, SearchSettings(), recipes, Match(games, 4, seed, workers, test))


def test_the_number_of_processes_changes_nothing() -> None:
    alone, shared = (_contest("greedy", "random", 120, workers=workers) for workers in (1, 2))
    assert alone == shared
    assert alone.score.games == 120 and alone.openings == 60
    assert alone != _contest("greedy", "random", 120, seed=1)


def test_the_score_is_the_first_players() -> None:
    one, other = _contest("greedy", "random", 64), _contest("random", "greedy", 64)
    assert one.score.score > 0.85 and other.score.score < 0.15


def test_a_clear_match_ends_early() -> None:
    for first, second, decision in (("greedy", "random", "H1"), ("random", "greedy", "H0")):
        outcome = _contest(first, second, 2000, test=SPRT)
        assert outcome.verdict is not None and outcome.verdict.decision == decision
        assert outcome.score.games < 400 and outcome.score.games % (2 * HEAT) == 0
        assert outcome.verdict == SPRT.verdict(outcome.score.pairs)


def test_a_stopped_match_is_the_same_in_two_processes() -> None:
    alone, shared = (
        _contest("alphabeta:2", "greedy", 2000, workers=workers, test=SPRT) for workers in (1, 2)
    )
    assert alone == shared


def test_a_match_without_a_decision_says_so() -> None:
    outcome = _contest("greedy", "greedy", 32, test=Sprt(-5, 5))
    assert outcome.verdict is not None and outcome.verdict.decision == "undecided"
    assert outcome.score.games == 32


def test_progress_is_told_heat_by_heat() -> None:
    told: list[Score] = []
    recipes = [Recipe(parse("random"))] * 2
    outcome = contest(TICTACTOE, SearchSettings(), recipes, Match(80, 0, 0), told.append)
    assert [score.games for score in told] == [32, 64, 80] and told[-1] == outcome.score
    assert outcome.openings == 1  # there is only one position after no ply at all


def test_odd_matches_are_refused() -> None:
    with pytest.raises(ConfigError, match="even number of games, 7 were"):
        _contest("random", "random", 7)


def test_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "actor", "arena", "greedy", "random", "--game", "kalaha"]
    done = subprocess.run(
        [*command, "--games", "96", "--sprt", "0,100", "--json", "--data-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["sprt"]["decision"] == "H1" and found["sprt"]["llr"] >= found["sprt"]["bounds"][1]
    assert found["games"] == found["wins"] + found["draws"] + found["losses"] <= 96
    assert found["interval"][0] < found["score"] <= found["interval"][1]
    assert found["paired_interval"][0] < found["score"] <= found["paired_interval"][1]
    assert sum(found["pairs"]) == found["openings"] == found["games"] / 2
