"""pyproject.toml and constraints.txt against each other, the code, and what is installed."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from storage.layout import OWN_ZOO

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("engine", "storage", "actor", "trainer", "web")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
ALL = [*PROJECT["dependencies"], *EXTRAS["train"], *EXTRAS["fast"], *EXTRAS["dev"]]
OPTIONAL = {"engine/envs": ["envs"], "engine/evaluator": ["fast", "train"]}
"""Folders whose files may import what extras bring."""
GPU = ("nvidia-", "cuda-", "triton")
"""What only PyTorch's GPU build brings; constraints.txt leaves it alone."""


@cache
def pins() -> dict[str, str]:
    """constraints.txt: version by name."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line[0] != "#"]
    assert lines == sorted(lines, key=str.upper)
    requirements = [Requirement(line) for line in lines]
    assert all(str(requirement.specifier).startswith("==") for requirement in requirements)
    return {canonicalize_name(r.name): str(r.specifier)[2:] for r in requirements}


def needed(requirements: list[str]) -> set[str]:
    """Names of all that these requirements bring in this environment."""
    found: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for wanted in ("", *sorted(requirement.extras)):
            if (name, wanted) not in found:
                found.add((name, wanted))
                its = distribution(name).requires or []
                waiting += [(Requirement(text), wanted) for text in its]
    return {name for name, _ in found}


def installed_all() -> set[str]:
    try:
        return needed(ALL)
    except PackageNotFoundError as missing:
        pytest.skip(f"{missing} is not installed: ./scripts/setup dev")


def test_the_pins_lie_in_the_ranges() -> None:
    for text in ALL:
        requirement = Requirement(text)
        assert pins()[canonicalize_name(requirement.name)] in requirement.specifier, text


def test_everything_an_install_brings_is_pinned_and_no_more() -> None:
    brought = {name for name in installed_all() if not name.startswith(GPU)}
    assert sorted(brought - set(pins())) == []
    if sys.version_info[:2] == (3, 11):  # markers of newer Pythons leave some out
        assert sorted(set(pins()) - brought) == []


def test_what_is_installed_is_what_is_pinned() -> None:
    installed = {name: version(name).partition("+")[0] for name in installed_all() & set(pins())}
    assert installed == {name: pins()[name] for name in installed}


def test_pins_have_no_local_part() -> None:
    assert [name for name, pinned in pins().items() if "+" in pinned] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_are_declared(package: str) -> None:
    declared = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    if package == "trainer":
        declared |= {canonicalize_name(Requirement(text).name) for text in EXTRAS["train"]}
    owners = packages_distributions()
    for path in sorted((ROOT / package).rglob("*.py")):
        extras = OPTIONAL.get(path.relative_to(ROOT).parent.as_posix(), [])
        optional = [text for extra in extras for text in EXTRAS[extra]]
        known = declared | {canonicalize_name(Requirement(text).name) for text in optional}
        for name in imported(path) - set(sys.stdlib_module_names) - set(PACKAGES):
            dists = {canonicalize_name(dist) for dist in owners.get(name, [name])}
            assert dists & known or name == "pyspiel", f"{path}: {name} is not in pyproject.toml"


def imported(path: Path) -> set[str]:
    """Top-level names that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_playing_and_serving_load_no_torch() -> None:
    folders = [ROOT / package for package in PACKAGES if package != "trainer"]
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
    ]
    program = f"""
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
print(sorted({{"torch", "onnx", "onnxscript", "trainer"}} & set(sys.modules)))
"""
    assert subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True) == "[]\n"


def test_wheel_and_image_carry_the_zoo() -> None:
    """Beside the packages, where the program looks for it."""
    assert OWN_ZOO == ROOT / "zoo" and list(OWN_ZOO.glob("*.onnx"))
    targets = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert targets["targets"]["wheel"]["packages"] == [*PACKAGES, "zoo"]
    assert "zoo" not in targets["targets"]["sdist"]["exclude"]
    assert "COPY --chown=player zoo zoo" in (ROOT / "Dockerfile").read_text().splitlines()
    assert "!zoo" in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_version_is_the_installed_one() -> None:
    try:
        assert version("cartridge2") == PROJECT["version"]
    except PackageNotFoundError:
        pytest.skip("cartridge2 is not installed: ./scripts/setup")
