"""`python -m actor referee`: judge the run's models as they are published."""

from __future__ import annotations

from actor.referee import Referee
from engine.cli import (
    ConfigOption,
    DataDirOption,
    GameOption,
    LogFormat,
    LogFormatOption,
    PresetOption,
    RunNameOption,
    SeedOption,
    SetOption,
    flags,
    settings_from,
    start_logging,
    stop_on_signals,
)
from storage.layout import create, run_paths
from storage.lock import referee_lock


def referee(
    game: GameOption = None,
    run_name: RunNameOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
    assignments: SetOption = None,
    preset: PresetOption = None,
    seed: SeedOption = None,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Judge every model as it is published, until stopped: accuracy, best model, ladder."""
    settings = settings_from(config, flags(game, run_name, data_dir, assignments, seed, preset))
    start_logging("referee", log_format)
    stop = stop_on_signals()
    paths = run_paths(settings)
    create(paths)
    with referee_lock(paths):
        Referee(settings, stop).run()
