"""`python -m actor bench`: measure and print."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from actor.bench import Report, bench
from actor.bench_crew import CrewRates, crew_rates, tree_rates
from actor.bench_parts import Spread, evaluator_rate
from actor.peers import Missing, Peer, Ratio, ratios, run_peers
from actor.positions import run_positions
from engine.cli import (
    ConfigOption,
    DataDirOption,
    GameOption,
    JsonOption,
    RunNameOption,
    SetOption,
    cores,
    flags,
    print_json,
    settings_from,
)
from engine.config import Settings
from engine.errors import ConfigError
from engine.evaluator import Evaluator
from engine.evaluator.agreement import Positions
from engine.evaluator.backends import load, names, unavailable
from engine.evaluator.choose import Chooser
from engine.evaluator.uniform import UniformEvaluator
from engine.game import Game
from engine.games import all_games, find
from storage.layout import RunPaths, run_paths
from storage.models.filesystem import FilesystemModels
from storage.replay.sqlite import SqliteReplay

BATCHES = (1, 32, 128, 512)


@dataclass(frozen=True)
class GameBench:
    """All that was measured for one game."""

    report: Report
    crew: CrewRates
    backends: dict[str, dict[int, Spread] | str] = field(default_factory=dict)
    """Evaluations per second by batch, or why there are none."""
    peers: list[Peer | Missing] = field(default_factory=list)
    tree_all_cores: Spread | None = None
    """The tree in a process per core, all together; measured beside the peers only."""

    @property
    def ratios(self) -> list[Ratio]:
        """Ours over each peer's, on as many cores."""
        ours = {1: self.report.tree_sims_per_s.median}
        if self.tree_all_cores is not None:
            ours.setdefault(cores(), self.tree_all_cores.median)
        return ratios(self.peers, ours)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        together = self.tree_all_cores
        return {
            **self.report.as_dict(),
            "workers": self.crew.workers,
            "crew_sims_per_s": self.crew.sims_per_s.__dict__,
            "crew_games_per_hour": 3600 * self.crew.games_per_s.median,
            "scaling": self.crew.scaling.__dict__,
            "backends": {
                name: rates if isinstance(rates, str) else {b: s.__dict__ for b, s in rates.items()}
                for name, rates in self.backends.items()
            },
            "tree_all_cores_sims_per_s": together and together.__dict__,
            "peers": [peer.as_dict() for peer in self.peers],
            "ratios": [ratio.as_dict() for ratio in self.ratios],
        }


def run_bench(
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    model: Annotated[
        Path | None, typer.Option(help="ONNX file; default: the run's latest.")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 = one per core.")] = 0,
    peers: Annotated[bool, typer.Option("--peers", help="Also OpenSpiel and mctx+pgx.")] = False,
    peer_python: Annotated[
        Path | None, typer.Option(help="Interpreter that has jax, mctx and pgx.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Measurements of each part.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.01, help="Length of one measurement.")] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Measure tree, rules, evaluators and self-play; without --game, for every game."""
    found = []
    for name in [game] if game else list(all_games()):
        settings = settings_from(config, flags(name, run_name, data_dir, assignments))
        python = str(peer_python or sys.executable) if peers else None
        found.append(_bench_one(settings, model, workers or cores(), rounds, seconds, python))
    if as_json:
        print_json({"games": {one.report.game: one.as_dict() for one in found}})
        return
    console = Console()
    for one in found:
        console.print(_table(one))


def _bench_one(
    settings: Settings,
    model: Path | None,
    workers: int,
    rounds: int,
    seconds: float,
    python: str | None,
) -> GameBench:
    game, paths = find(settings.run.game), run_paths(settings)
    data = _model(model, paths)
    evaluator: Evaluator = UniformEvaluator(game)
    network, backend = "none (uniform)", "none"
    backends: dict[str, dict[int, Spread] | str] = {}
    if data is not None:
        positions = _positions(game, settings, paths)
        opened = Chooser(game, settings.evaluator, settings.selfplay.games, lambda: positions).open(
            data
        )
        evaluator, backend = opened.evaluator, opened.backend
        network = f"{opened.card.architecture}, step {opened.card.step}"
        backends = _backends(game, data, positions, rounds, seconds)
    report = bench(game, settings, evaluator, network, backend, rounds, seconds)
    crew = crew_rates(settings, data, backend, workers, rounds, seconds)
    if python is None:
        return GameBench(report, crew, backends)
    theirs = run_peers(game, settings.search.simulations, seconds, rounds, python)
    together = tree_rates(settings, cores(), rounds, seconds)
    return GameBench(report, crew, backends, theirs, together)


def _model(model: Path | None, paths: RunPaths) -> bytes | None:
    try:
        return model.read_bytes() if model else FilesystemModels(paths).latest()
    except OSError as error:
        raise ConfigError(f"cannot read the model {model}: {error.strerror}") from None


def _positions(game: Game, settings: Settings, paths: RunPaths) -> Positions:
    """Of the run's newest games, or of random play where there is no run."""
    rng = np.random.default_rng(settings.run.seed)
    count = settings.evaluator.positions
    if not paths.replay.exists():
        return run_positions(game, None, count, rng)
    with SqliteReplay(paths.replay, game) as replay:
        return run_positions(game, replay, count, rng)


def _backends(
    game: Game, data: bytes, positions: Positions, rounds: int, seconds: float
) -> dict[str, dict[int, Spread] | str]:
    """Every backend at every batch, interleaved, so that a noisy machine is noisy for all."""
    missing = {name: unavailable(name) for name in names()}
    calibration = positions.halves()[0].observations
    loaded: dict[str, Evaluator] = {}
    for name in [name for name, reason in missing.items() if not reason]:
        try:
            loaded[name] = load(name, game, data, max(BATCHES), calibration)
        except Exception as error:  # the libraries' exceptions share no narrower class
            missing[name] = f"cannot run this network: {error}"
    rates: dict[str, dict[int, list[float]]] = {n: {b: [] for b in BATCHES} for n in loaded}
    for _ in range(rounds):
        for batch in BATCHES:
            for name, evaluator in loaded.items():
                rate = evaluator_rate(game, evaluator, batch, seconds / 10)
                rates[name][batch].append(rate)
    return {
        name: reason or {batch: Spread.of(found) for batch, found in rates[name].items()}
        for name, reason in missing.items()
    }


def _spread(value: Spread) -> str:
    return f"{value.low:,.0f} / {value.median:,.0f} / {value.high:,.0f}"


def _ratio(value: Spread) -> str:
    return f"{value.low:.2f} / {value.median:.2f} / {value.high:.2f}"


def _percent(shares: dict[str, float]) -> str:
    return ", ".join(f"{name} {share:.1%}" for name, share in shares.items())


def _table(one: GameBench) -> Table:
    report = one.report
    table = Table(title=f"{report.game}: {report.network}, minimum / median / maximum per second")
    table.add_column("on one core, unless said otherwise")
    table.add_column("", justify="right")
    rows = {
        "trees x simulations": f"{report.batch} x {report.simulations}",
        "rules, plies": f"{report.rules_plies_per_s:,.0f}",
        f"tree, simulations ({report.batch} trees, nobody asked)": _spread(report.tree_sims_per_s),
        "tree, simulations (asked wave by wave)": _spread(report.waves_sims_per_s),
        "tree, simulations (from positions of self-play, this network)": _spread(
            report.deep_sims_per_s
        ),
        f"evaluator ({report.backend}), positions": _spread(report.evals_per_s),
        "self-play, simulations": _spread(report.selfplay_sims_per_s),
        "self-play, positions": _spread(report.selfplay_positions_per_s),
        "self-play, games": _spread(report.selfplay_games_per_s),
        "evaluations per simulation": f"{report.evals_per_sim:.3f}",
        "limit of the parts": f"{report.limit_sims_per_s:,.0f}",
        "reached / limit": f"{report.limit_ratio:.2f}",
        "reached / limit with these deeper trees": f"{report.close_limit_ratio:.2f}",
        "simulations without the network": _percent(report.per_sim),
        "per search: stopped early, moves without": _percent(
            {name: report.per_search[name] for name in ("stopped", "forced")}
        ),
        **{
            f"per search: {name}": f"{report.per_search[name]:.1f}"
            for name in ("evaluations", "simulations", "reused", "spared")
        },
        "where the time goes": _percent(report.time_shares),
        "one move of 800 simulations, ms": ", ".join(
            f"{name} {ms:.1f}" for name, ms in report.live_move_ms.items()
        ),
        "memory of that tree": f"{report.live_tree_bytes / 1000:,.0f} kB",
        "kernels compiled": str(report.compiled),
        f"{one.crew.workers} processes, simulations": _spread(one.crew.sims_per_s),
        f"{one.crew.workers} processes / one": _ratio(one.crew.scaling),
        f"{one.crew.workers} processes, games/h": f"{3600 * one.crew.games_per_s.median:,.0f}",
    }
    for name, rates in one.backends.items():
        if isinstance(rates, str):
            rows[name] = rates
            continue
        for batch, rate in rates.items():
            rows[f"{name}, batches of {batch}"] = _spread(rate)
    for peer in one.peers:
        if isinstance(peer, Missing):
            rows[peer.name] = peer.reason
        else:
            rows[f"{peer.name} {peer.version}, {peer.cores} core(s): {peer.work}"] = _spread(
                Spread.of(list(peer.sims_per_s))
            )
    if one.tree_all_cores is not None:
        rows[f"tree, simulations, {cores()} processes"] = _spread(one.tree_all_cores)
    for ratio in one.ratios:
        rows[f"tree / {ratio.name}, {ratio.cores} core(s)"] = f"{ratio.ratio:.1f}"
    for label, value in rows.items():
        table.add_row(label, value)
    return table
