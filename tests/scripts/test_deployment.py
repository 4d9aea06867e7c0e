"""Workflow, compose file and Dockerfile: valid by their schemas, and true to the code."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from engine.config import Settings

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
COMPOSE = ROOT / "docker-compose.yml"
PORT = Settings().web.port


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def dockerfile() -> list[list[str]]:
    """The instructions, each split into words."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize(("schema", "path"), [
    ("vendor.compose-spec", COMPOSE), ("vendor.github-workflows", WORKFLOW),
])  # fmt: skip
def test_schema(schema: str, path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, path],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_tests_the_pythons_that_are_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    promised = [c.split()[-1] for c in project["classifiers"] if "Python :: 3." in c]
    job = read(WORKFLOW)["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == promised
    assert job["steps"][-1]["run"] == "./.ci/run"


def test_compose_runs_the_processes_on_one_image_and_one_volume() -> None:
    services = read(COMPOSE)["services"]
    assert sorted(services) == ["actor", "referee", "trainer", "web"]
    for role, service in services.items():
        module = ["actor", "referee"] if role == "referee" else [role]
        assert service["command"][: 2 + len(module)] == ["python", "-m", *module]
        assert service["image"] == "cartridge2"
        assert service["volumes"] == ["data:/app/data"]
        assert service["stop_grace_period"] == "60s"
        assert service["init"] is True


def test_compose_serves_this_machine_only_on_the_servers_port() -> None:
    web = read(COMPOSE)["services"]["web"]
    assert web["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert f"http://127.0.0.1:{PORT}/health" in web["healthcheck"]["test"][-1]
    compile(web["healthcheck"]["test"][-1], "healthcheck", "exec")


def test_the_image_copies_what_exists_and_what_the_context_lets_through() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    let_through = {line[1:] for line in ignore if line.startswith("!")}
    for words in dockerfile():
        sources = [word for word in words[1:-1] if not word.startswith("--")]
        if words[0] != "COPY" or any(word.startswith("--from") for word in words):
            continue
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source in let_through or source.split("/")[0] in let_through, source


def test_the_image_sets_nothing_that_beats_a_configuration_file() -> None:
    set_here = [word for words in dockerfile() if words[0] == "ENV" for word in words[1:]]
    assert sorted(word.partition("=")[0] for word in set_here) == [
        "NUMBA_CACHE_DIR",
        "PYTHONUNBUFFERED",
    ]


def test_the_image_runs_as_an_ordinary_user_without_a_shell_between() -> None:
    last = {words[0]: words[1:] for words in dockerfile()}
    assert last["USER"] == ["player"]
    assert any("--uid 1000" in " ".join(words) for words in dockerfile())
    assert json.loads(" ".join(last["CMD"]))[:3] == ["python", "-m", "web"]
    assert last["EXPOSE"] == [str(PORT)]


def test_the_kernels_of_every_game_are_warmed(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, ROOT / "scripts" / "warm.py"],
        env={"PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1"},
        check=True,
        cwd=tmp_path,
    )
