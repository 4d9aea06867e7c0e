"""docs/api.md: every route and every limit is told, and the examples run as they stand."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.sources import load, names
from tests.web.servers import ROOT, serving
from web.app import openapi_document

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ADDRESS = "http://localhost:8080"


def test_every_route_is_told_and_no_other() -> None:
    table = PAGE[: PAGE.index("## Who plays")]
    told = set(re.findall(r"(/(?:v1|metrics)[\w/{}]*)[`,]", table))
    assert told - {"/v1"} == set(openapi_document()["paths"])


def test_every_limit_is_a_setting() -> None:
    told = set(re.findall(r"`(web\.\w+)`", PAGE))
    assert told <= set(names())
    for name in ("searches", "queue", "rate", "max_simulations", "max_milliseconds"):
        assert f"web.{name}" in told
    assert ADDRESS.endswith(f":{load().web.port}")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are for curl")
def test_the_examples_run(tmp_path: Path) -> None:
    examples = re.findall(r"^    (curl .*)$", PAGE, re.MULTILINE)
    assert len(examples) == 3
    with serving(tmp_path) as server:
        here = str(server.client.base_url).rstrip("/")
        answers = [
            subprocess.run(
                ["bash", "-c", example.replace(ADDRESS, here).replace("curl ", "curl -sf ", 1)],
                capture_output=True, text=True, timeout=60, check=True,
            ).stdout
            for example in examples
        ]  # fmt: skip
    state, move, thoughts = answers
    assert '"moves":[4,0]' in state and '"thoughts":[{' in move
    assert thoughts.startswith("event: thought\n") and "event: done\n" in thoughts
