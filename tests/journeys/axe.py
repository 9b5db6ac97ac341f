"""What axe finds on a page that stands in the way of people: contrast, names, roles, focus, structure (WCAG 2.2 AA)."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page, expect

_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_GRAVE = ("serious", "critical")


# What the rim of the canvas cuts off is moved into view before it is aimed at: how large the rest is says nothing.
_RUN = """async rules => {
  const found = await axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] });
  const cutOff = ({ target }) => {
    const element = document.querySelector(target[0]);
    const canvas = element?.closest('[data-testid=canvas]')?.getBoundingClientRect();
    const own = element?.getBoundingClientRect();
    const across = canvas && (own.left < canvas.left || own.right > canvas.right);
    return across || (canvas && (own.top < canvas.top || own.bottom > canvas.bottom));
  };
  for (const one of found.violations) if (one.id === 'target-size') one.nodes = one.nodes.filter(node => !cutOff(node));
  found.violations = found.violations.filter(one => one.nodes.length);
  return found;
}"""


def grave(page: Page) -> list[str]:
    """The serious and critical violations of the page as it stands, a line for each rule with its first places."""
    # One that fades away has hardly any colour.
    expect(page.locator("[data-sonner-toast]")).to_have_count(0)
    page.evaluate(_AXE)
    found: dict[str, Any] = page.evaluate(_RUN, _RULES)
    return [
        f"{one['impact']} {one['id']}: {one['help']} at "
        + "; ".join(
            f"{node['target'][0]} ({node['failureSummary'].splitlines()[-1].strip()})"
            for node in one["nodes"][:4]
        )
        for one in found["violations"]
        if one["impact"] in _GRAVE
    ]
