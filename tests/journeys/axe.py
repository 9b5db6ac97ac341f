"""What axe finds on a page that stands in the way of people: contrast, names, roles, focus, structure (WCAG 2.2 AA)."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_GRAVE = ("serious", "critical")


def grave(page: Page) -> list[str]:
    """The serious and critical violations of the page as it stands, a line for each rule with its first places."""
    page.evaluate(_AXE)
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] })",
        _RULES,
    )
    return [
        f"{one['impact']} {one['id']}: {one['help']} at "
        + "; ".join(
            f"{node['target'][0]} ({node['failureSummary'].splitlines()[-1].strip()})"
            for node in one["nodes"][:4]
        )
        for one in found["violations"]
        if one["impact"] in _GRAVE
    ]
