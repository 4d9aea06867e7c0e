"""Where settings come from, and what is refused.

Order of precedence, highest first: command-line flag, `CARTRIDGE_<SECTION>_<KEY>` in the
environment, `config.toml`, the game's own preset, the default in engine/config.py. An unknown key,
section or variable is refused by name.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from engine.config import PREFIX, Settings, names, sections
from engine.errors import ConfigError
from engine.games import find

CONFIG_VARIABLE = "CARTRIDGE_CONFIG"
"""The one variable outside the sections: the path of the configuration file."""

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


def changes(settings: Settings) -> list[str]:
    """What `settings` say otherwise than the preset of their game, as `section.key=value`."""
    preset = find(settings.run.game).preset
    found = []
    for section, model in sections().items():
        plain = model.model_validate(dict(preset.get(section, {}))).model_dump(mode="json")
        given = getattr(settings, section).model_dump(mode="json")
        found += [f"{section}.{key}={value}" for key, value in given.items() if value != plain[key]]
    return found


def render() -> str:
    """The text of the shipped config.toml: every setting with its default, commented out."""
    lines = [
        "# Settings of Cartridge2. Remove the '#' before a line to change it.",
        "# Flags and CARTRIDGE_<SECTION>_<KEY> in the environment win over this file, this file",
        "# over the game's preset. `python -m engine settings` prints what is in force and why.",
    ]
    for section, model in sections().items():
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
    for name in names():
        section, key = name.split(".")
        found[name] = next((n for n, layer in layers if key in layer.get(section, {})), "default")
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
        return f"unknown setting {name}{_suggest(name, names() + list(sections()))}"
    return f"setting {name} = {error['input']!r} is refused: {error['msg']}"
