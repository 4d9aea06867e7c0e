"""Every path of a run is spelled here and nowhere else.

data/<run>/replay.db       finished games (SQLite)
           models/         latest.onnx, best.onnx, step_000400.onnx
           checkpoint.pt   what the learner continues from
           checkpoints/    step_000400.pt: those of published models, to go back to
           stats.json      what the learner tells the page
           heartbeats/     <process>.json, a sign of life of each process
           live/           <process>.json, the games that each actor is playing
           effort/         <process>.json, what each process has spent
           tensorboard/    learner/, referee/: numbers for TensorBoard, if they are wanted
           curve.json, .svg the learning curve, if one was drawn
           control.json    paused or not
           yardstick/      random.jsonl, …: solved positions that the models are measured on
           ratings.json    the ladder of the run's players
           ratings.lock    held by the one tournament that extends it
           matches/        tournament.jsonl, referee.jsonl: the moves of their games
           evaluations.json what the referee measured of each model
           verdicts.json   what the referee tells the learner: the best model, a relapse
           referee.lock    held by the one referee of the run
           levels/         <sha256>.json, the ladder that rates a model's levels for the zoo
           starts.jsonl    when and with what the learner was started
           learner.lock    held by the one learner of the run
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from engine.config import Settings
from storage.atomic import explain, remove_leftovers

_OF_A_STEP = re.compile(r"step_(\d{6,})\.(?:onnx|pt)")


@dataclass(frozen=True)
class RunPaths:
    """The files of one run below its folder `root`."""

    root: Path

    @property
    def replay(self) -> Path:
        """The database of finished games."""
        return self.root / "replay.db"

    @property
    def models(self) -> Path:
        """The folder of all models."""
        return self.root / "models"

    @property
    def latest(self) -> Path:
        """The model that actors play with."""
        return self.models / "latest.onnx"

    @property
    def best(self) -> Path:
        """The strongest model by evaluation."""
        return self.models / "best.onnx"

    def snapshot(self, step: int) -> Path:
        """The model as it was published at `step`."""
        return self.models / f"step_{step:06d}.onnx"

    @property
    def checkpoint(self) -> Path:
        """Weights, optimizer and counters of the learner."""
        return self.root / "checkpoint.pt"

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints of published models."""
        return self.root / "checkpoints"

    def checkpoint_of(self, step: int) -> Path:
        """The learner as it was when it published its model of `step`."""
        return self.checkpoints / f"step_{step:06d}.pt"

    @property
    def stats(self) -> Path:
        """What the learner tells the page."""
        return self.root / "stats.json"

    @property
    def heartbeats(self) -> Path:
        """The folder of the processes' signs of life."""
        return self.root / "heartbeats"

    def heartbeat(self, name: str) -> Path:
        """The sign of life of the process called `name`."""
        return self.heartbeats / f"{name}.json"

    @property
    def lives(self) -> Path:
        """The folder of the games that are being played."""
        return self.root / "live"

    def live(self, name: str) -> Path:
        """The games that the actor called `name` is playing."""
        return self.lives / f"{name}.json"

    @property
    def efforts(self) -> Path:
        """The folder of what the processes have spent."""
        return self.root / "effort"

    def effort(self, name: str) -> Path:
        """What the process called `name` has spent, over all restarts."""
        return self.efforts / f"{name}.json"

    @property
    def tensorboard(self) -> Path:
        """The folder that TensorBoard is pointed at."""
        return self.root / "tensorboard"

    def events(self, name: str) -> Path:
        """The folder of the event files that the process called `name` writes."""
        return self.tensorboard / name

    @property
    def curve(self) -> Path:
        """The learning curve, where no other place is named: this with .json and .svg."""
        return self.root / "curve"

    @property
    def control(self) -> Path:
        """Whether self-play and learning are paused."""
        return self.root / "control.json"

    @property
    def yardsticks(self) -> Path:
        """The folder of solved positions that every model of the run is measured on."""
        return self.root / "yardstick"

    def yardstick(self, name: str) -> Path:
        """The set of solved positions called `name`."""
        return self.yardsticks / f"{name}.jsonl"

    @property
    def ratings(self) -> Path:
        """The ladder: players, results of their games, ratings."""
        return self.root / "ratings.json"

    @property
    def ratings_lock(self) -> Path:
        """Locked as long as a tournament extends the ladder."""
        return self.root / "ratings.lock"

    def matches(self, occasion: str) -> Path:
        """The games of the tournament's or the referee's matches."""
        return self.root / "matches" / f"{occasion}.jsonl"

    def old_matches(self, occasion: str) -> Path:
        """The games before those in `matches`."""
        return self.root / "matches" / f"{occasion}.old.jsonl"

    def levels(self, sha256: str) -> Path:
        """The ladder on which the levels of the model with this digest are rated."""
        return self.root / "levels" / f"{sha256[:16]}.json"

    @property
    def levels_lock(self) -> Path:
        """Locked as long as somebody rates levels."""
        return self.root / "levels" / "lock"

    @property
    def starts(self) -> Path:
        """When and with what the learner was started, a line each."""
        return self.root / "starts.jsonl"

    @property
    def evaluations(self) -> Path:
        """What the referee measured: matches, accuracy, promotions."""
        return self.root / "evaluations.json"

    @property
    def verdicts(self) -> Path:
        """What the referee tells the learner."""
        return self.root / "verdicts.json"

    @property
    def referee_lock(self) -> Path:
        """Locked as long as a referee lives."""
        return self.root / "referee.lock"

    @property
    def learner_lock(self) -> Path:
        """Locked as long as a learner lives."""
        return self.root / "learner.lock"


def run_paths(settings: Settings) -> RunPaths:
    """The paths of the run that `settings` name; nothing is created."""
    return RunPaths(settings.storage.data_dir / settings.run_name)


OWN_ZOO = Path(__file__).resolve().parent.parent / "zoo"
"""The zoo that comes with the program: beside its packages, in a checkout as when installed."""


def zoo_folder(settings: Settings) -> Path:
    """The zoo that `settings` name; it need not exist."""
    named = settings.storage.zoo_dir
    return Path(named) if named else OWN_ZOO


def step_of(path: Path) -> int | None:
    """The step of a snapshot's or a kept checkpoint's path, None for any other file."""
    match = _OF_A_STEP.fullmatch(path.name)
    return int(match[1]) if match else None


def steps_in(folder: Path) -> list[int]:
    """The steps of all snapshots or checkpoints in a folder, ascending; raises StorageError."""
    try:
        found = [step_of(path) for path in folder.iterdir()]
    except OSError as error:
        raise explain(f"cannot list {folder}", error) from None
    return sorted(step for step in found if step is not None)


def create(paths: RunPaths) -> None:
    """Make the run's folders and try to write into them; see `make_writable`."""
    for folder in (
        paths.root,
        paths.models,
        paths.checkpoints,
        paths.heartbeats,
        paths.lives,
        paths.yardsticks,
        paths.efforts,
    ):
        make_writable(folder)


def make_writable(folder: Path) -> None:
    """Make a folder and try to write into it; raises StorageError naming it.

    What a process that was killed while writing left behind an hour or more ago is removed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Permission bits do not tell about a read-only mount or a full disk; a file does.
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"?")
    except OSError as error:
        raise explain(f"cannot write into the folder {folder}", error) from None
    remove_leftovers(folder)
