"""Every setting: name, default, unit and the paper's value. The only place a default is written.

Order of precedence, highest first: command-line flag, `CARTRIDGE_<SECTION>_<KEY>` in the
environment, `config.toml`, the game's own preset, the default below. An unknown key, section or
variable is refused by name. Paper values: AZ = AlphaZero (Silver et al., 2018), KG = KataGo (Wu,
2019; its public configurations), GZ = Gumbel AlphaZero (Danihelka et al., 2022).
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from engine.errors import ConfigError
from engine.games import find

PREFIX = "CARTRIDGE_"
CONFIG_VARIABLE = "CARTRIDGE_CONFIG"
"""The one variable outside the sections: the path of the configuration file."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A group of settings that refuses keys it does not know and cannot be changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RunSettings(Section):
    """Which training history this is."""

    game: str = Field("tictactoe", description="the game that is trained and served")
    name: str = Field(
        "", pattern=r"^[\w.-]*$", description="folder below data_dir; empty = the game's name"
    )
    seed: int = Field(0, ge=0, description="seed of all randomness; reproducible with one worker")


class StorageSettings(Section):
    """Where a run lives on disk."""

    data_dir: Path = Field(Path("data"), description="folder that holds all runs")
    keep_positions: int = Field(
        2_000_000, ge=1, description="positions kept in replay.db; older games are pruned"
    )


class SearchSettings(Section):
    """Monte Carlo tree search in self-play, arena and browser."""

    simulations: Positive = Field(100, description="simulations per move in self-play (AZ: 800)")
    c_init: float = Field(1.5, ge=0, description="exploration constant of PUCT (AZ: 1.25)")
    c_base: float = Field(
        19652, gt=0, description="visits at which exploration starts to grow (AZ: 19652)"
    )
    fpu_reduction: float = Field(
        0.2,
        ge=0,
        description="an unvisited child is worth its parent - this * sqrt(visited P) (KG: 0.2)",
    )
    dirichlet_total: float = Field(
        10.0, gt=0, description="root noise: alpha = this / number of legal actions (AZ: about 10)"
    )
    dirichlet_fraction: Share = Field(
        0.25, description="share of noise in the root's priors (AZ: 0.25)"
    )
    root_temperature: float = Field(
        1.1,
        gt=0,
        description="softmax temperature of the root's policy in self-play (KG: 1.25 to 1.1)",
    )


class SelfplaySettings(Section):
    """How actors play."""

    workers: int = Field(0, ge=0, description="processes; 0 = one per core")
    games: Positive = Field(128, description="games that one worker plays at once, the batch size")
    temperature: float = Field(
        1.0, gt=0, description="visits ** (1 / this) picks the move at first (AZ: 1)"
    )
    temperature_plies: int = Field(
        10, ge=0, description="plies played at that temperature (AZ: 30)"
    )
    final_temperature: float = Field(
        0.25, gt=0, description="temperature after that (AZ: towards 0)"
    )
    opening_share: Share = Field(
        0.5, description="share of games that open with uniformly random plies"
    )
    opening_plies: int = Field(8, ge=0, description="such an opening has 1 to this many plies")
    lead_positions: Positive = Field(
        40_000, description="positions that actors may be ahead of the learner before they wait"
    )
    niceness: int = Field(
        5,
        ge=0,
        le=19,
        description="scheduling niceness of workers, so that learner and browser come first",
    )
    reload_seconds: float = Field(
        1.0, gt=0, description="how often a worker looks for a newer model"
    )


class NetworkSettings(Section):
    """The shape of the network."""

    family: Literal["conv", "mlp"] = Field(
        "conv", description="residual convolutions or a plain perceptron"
    )
    width: Positive = Field(32, description="channels (conv) or units (mlp) of a layer (AZ: 256)")
    depth: Positive = Field(4, description="residual blocks (conv) or hidden layers (mlp) (AZ: 19)")


class LearnerSettings(Section):
    """How the network is trained."""

    batch_size: Positive = Field(512, description="samples per step (AZ: 4096)")
    learning_rate: float = Field(2e-3, gt=0, description="AdamW's rate after the warm-up")
    final_learning_rate: float = Field(
        1e-4, gt=0, description="rate at the end of the cosine and after it"
    )
    warmup_steps: int = Field(100, ge=0, description="steps of linear warm-up")
    horizon_steps: Positive = Field(20_000, description="steps of the cosine schedule")
    weight_decay: float = Field(
        1e-4, ge=0, description="AdamW's decoupled weight decay (AZ: L2 1e-4)"
    )
    clip_norm: float = Field(1.0, gt=0, description="gradients are scaled down to this norm")
    ema_decay: Share = Field(0.995, description="per step decay of the averaged weights that play")
    value_weight: float = Field(
        1.0, ge=0, description="weight of the value loss beside the policy loss (AZ: 1)"
    )
    result_share: Share = Field(
        0.5,
        description="value target: this * final result + the rest * root value (AZ: 1)",
    )
    replay_ratio: float = Field(
        4.0, gt=0, description="samples used per position generated (KG: 4)"
    )
    window_positions: Positive = Field(
        500_000, description="newest positions that are sampled from"
    )
    min_positions: Positive = Field(5_000, description="positions needed before the first step")
    publish_every: Positive = Field(200, description="steps between two published models")
    keep_snapshots: Positive = Field(10, description="newest step_*.onnx that are kept")
    milestone_every: Positive = Field(
        5_000, description="snapshots at multiples of this are kept for ever"
    )
    threads: int = Field(1, ge=0, description="threads of torch; 0 = one per core")


class WebSettings(Section):
    """The server and its page."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on")
    simulations: Positive = Field(
        200, description="simulations of the bot's move unless asked otherwise"
    )
    max_simulations: Positive = Field(
        10_000, description="most simulations that one request may ask for"
    )
    allow_training: bool = Field(True, description="whether the page may start and stop training")


class LoopSettings(Section):
    """The synchronous variant, `python -m trainer loop`, and its evaluation."""

    iterations: Positive = Field(
        20, description="rounds of self-play, training, evaluation, publishing"
    )
    episodes: Positive = Field(500, description="games per iteration (AlphaGo Zero: 25000)")
    steps: Positive = Field(200, description="learner steps per iteration")
    evaluation_games: Positive = Field(
        40, description="games against each opponent per iteration (AlphaGo Zero: 400)"
    )
    evaluation_simulations: Positive = Field(50, description="simulations per move in these games")
    promotion_score: Share = Field(
        0.5,
        description="score against the best so far that replaces it (AlphaGo Zero: 0.55)",
    )


class Settings(BaseSettings):
    """All settings of one run, read once and then frozen."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        nested_model_default_partial_update=True,
    )

    run: RunSettings = RunSettings()
    storage: StorageSettings = StorageSettings()
    search: SearchSettings = SearchSettings()
    selfplay: SelfplaySettings = SelfplaySettings()
    network: NetworkSettings = NetworkSettings()
    learner: LearnerSettings = LearnerSettings()
    loop: LoopSettings = LoopSettings()
    web: WebSettings = WebSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags and environment only; `load` puts the file and the preset below them."""
        return init_settings, env_settings

    @model_validator(mode="after")
    def _window_is_kept(self) -> Settings:
        kept, window = self.storage.keep_positions, self.learner.window_positions
        if kept < window:
            raise ValueError(
                f"storage.keep_positions = {kept} is less than learner.window_positions = {window};"
                " a restarted learner could not refill its window"
            )
        return self

    def assignments(self) -> list[str]:
        """Every setting as `section.key=value`, for the command line of another process."""
        return [
            f"{section}.{key}={value}"
            for section in type(self).model_fields
            for key, value in getattr(self, section).model_dump(mode="json").items()
        ]

    @property
    def run_name(self) -> str:
        """The run's folder name: `run.name`, or the game's name."""
        return self.run.name or self.run.game


Overrides = Mapping[str, Mapping[str, Any]]
"""Settings by section and key, as flags, a file or a preset give them."""


def load(flags: Overrides | None = None, path: Path | None = None) -> Settings:
    """Read all sources in order of precedence; raises ConfigError naming what is wrong.

    `flags` are the values given on the command line, `path` the file given there; without it the
    variable CARTRIDGE_CONFIG names the file, and without that `config.toml` is read if it exists.
    """
    _refuse_unknown_variables()
    file = _read_file(path)
    given = _validated(_layered([flags or {}], [file]))
    preset = find(given.run.game).preset
    read = _validated(_layered([flags or {}], [file, preset]))
    # A plain Settings can be sent to worker processes and never looks at the sources again.
    return Settings.model_construct(**{name: getattr(read, name) for name in Settings.model_fields})


def parse_assignment(text: str) -> tuple[str, str, str]:
    """Split `section.key=value` of a --set flag; raises ConfigError."""
    name, equals, value = text.partition("=")
    section, dot, key = name.strip().partition(".")
    if not (equals and dot and section and key):
        raise ConfigError(f"--set {text!r} is not of the form section.key=value")
    return section, key, value.strip()


def merge(*layers: Overrides) -> dict[str, dict[str, Any]]:
    """Join overrides key by key; a later layer wins."""
    merged: dict[str, dict[str, Any]] = {}
    for layer in layers:
        for section, values in layer.items():
            merged.setdefault(section, {}).update(values)
    return merged


def render() -> str:
    """The text of the shipped config.toml: every setting with its default, commented out."""
    lines = [
        "# Settings of Cartridge2. Remove the '#' before a line to change it.",
        "# Flags and CARTRIDGE_<SECTION>_<KEY> in the environment win over this file, this file",
        "# over the game's preset. `python -m engine settings` prints what is in force and why.",
    ]
    for section, field in Settings.model_fields.items():
        model = field.annotation
        assert isinstance(model, type) and issubclass(model, Section)
        lines += ["", f"[{section}]  # {(model.__doc__ or '').strip()}"]
        for key, setting in model.model_fields.items():
            lines += [f"# {setting.description}", f"# {key} = {_toml(setting.default)}"]
    return "\n".join(lines) + "\n"


def provenance(flags: Overrides | None = None, path: Path | None = None) -> dict[str, str]:
    """Where each setting `section.key` comes from: flag, environment, file, preset or default."""
    settings = load(flags, path)
    layers: list[tuple[str, Overrides]] = [
        ("flag", flags or {}),
        ("environment", _environment()),
        ("file", _read_file(path)),
        ("preset", find(settings.run.game).preset),
    ]
    found: dict[str, str] = {}
    for section, field in Settings.model_fields.items():
        model = field.annotation
        assert isinstance(model, type) and issubclass(model, Section)
        for key in model.model_fields:
            source = next((n for n, layer in layers if key in layer.get(section, {})), "default")
            found[f"{section}.{key}"] = source
    return found


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str | Path) else repr(value)


def _read_file(path: Path | None) -> dict[str, dict[str, Any]]:
    named = path or (Path(os.environ[CONFIG_VARIABLE]) if CONFIG_VARIABLE in os.environ else None)
    file = named or Path("config.toml")
    if named is None and not file.exists():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the configuration {file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from None


def _environment() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for variable, value in os.environ.items():
        if variable.upper().startswith(PREFIX) and variable.upper() != CONFIG_VARIABLE:
            section, _, key = variable[len(PREFIX) :].lower().partition("_")
            found.setdefault(section, {})[key] = value
    return found


def _refuse_unknown_variables() -> None:
    # pydantic-settings ignores a mistyped section silently, so the names are checked here.
    known = [f"{PREFIX}{name.replace('.', '_').upper()}" for name in names()] + [CONFIG_VARIABLE]
    for section, values in _environment().items():
        for key in values:
            variable = f"{PREFIX}{section}_{key}".upper()
            if variable not in known:
                raise ConfigError(
                    f"unknown environment variable {variable}{_suggest(variable, known)}"
                )


def names() -> list[str]:
    """Every setting as `section.key`."""
    found = []
    for section, field in Settings.model_fields.items():
        model = field.annotation
        assert isinstance(model, type) and issubclass(model, Section)
        found += [f"{section}.{key}" for key in model.model_fields]
    return found


def _suggest(wrong: str, known: list[str]) -> str:
    close = difflib.get_close_matches(wrong, known, n=1)
    return f", did you mean {close[0]}?" if close else ""


def _layered(above: list[Overrides], below: list[Overrides]) -> type[Settings]:
    """Settings whose sources are `above`, the environment, `below`, in this order."""

    class Layered(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            def source(values: Overrides) -> PydanticBaseSettingsSource:
                return InitSettingsSource(settings_cls, init_kwargs=dict(values))

            return (*map(source, above), env_settings, *map(source, below))

    return Layered


def _validated(settings_class: type[Settings]) -> Settings:
    try:
        return settings_class()
    except ValidationError as error:
        raise ConfigError("; ".join(_explain(e) for e in error.errors())) from None


def _explain(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "extra_forbidden":
        sections = list(Settings.model_fields)
        return f"unknown setting {name}{_suggest(name, names() + sections)}"
    return f"setting {name} = {error['input']!r} is refused: {error['msg']}"
