"""What axe-core finds wrong with a page for those who cannot see it or use no mouse."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.e2e.server import ROOT, missing

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


def serious_faults(page: Page) -> list[tuple[str, list[str]]]:
    """The rules that are broken seriously, each with the elements that break it."""
    if not AXE.is_file():
        missing("axe-core is missing: run `npm ci` in frontend/")
    page.add_script_tag(path=AXE)
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(it => it.violations)")
    return [
        (it["id"], [node["html"] for node in it["nodes"]])
        for it in found
        if it["impact"] in ("serious", "critical")
    ]
