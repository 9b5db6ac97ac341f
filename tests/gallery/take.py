"""Uses an installation in a browser and takes a picture at each place, once in each theme."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from deploy.commands.test import find_browser
from tests.gallery.places import PLACES, prepare
from tests.stack.conftest import FLAGS
from tests.stack.person import Person
from tests.stack.stack import Stack, installation

THEMES = ("light", "dark")
PHONE = {"width": 390, "height": 844}


def main(to: Path, only: str) -> int:
    """Writes ``NAME-THEME.png`` into the folder; ``only`` names one place. Exit 1 when the browser complained."""
    to.mkdir(parents=True, exist_ok=True)
    complaints: list[str] = []
    with installation() as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        stack.wait_for_engine()
        known = prepare(stack)
        for theme in THEMES:
            person = signed_in(browser, stack, theme)
            for name, (go, phone) in PLACES.items():
                if only and name != only:
                    continue
                person.page.set_viewport_size(PHONE if phone else {"width": 1440, "height": 900})
                go(person, known)
                settle(person)
                person.page.screenshot(path=str(to / f"{name}-{theme}.png"))
                print(f"{name}, {theme}", flush=True)
            complaints += person.complaints
            person.context.close()
        browser.close()
    for complaint in complaints:
        print(f"the browser complained: {complaint}")
    return 1 if complaints else 0


def signed_in(browser: Browser, stack: Stack, theme: str) -> Person:
    person = Person(browser, stack.url)
    person.page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    person.sign_in(stack.email, stack.password)
    return person


def settle(person: Person) -> None:
    """Until nothing moves, nothing loads, and no notice is over the page."""
    expect(person.page.locator("[aria-busy=true]")).to_have_count(0)
    expect(person.page.locator("[data-sonner-toast]")).to_have_count(0)
    person.page.wait_for_function(
        "document.getAnimations().every(one => one.playState !== 'running' "
        "|| one.effect.getComputedTiming().iterations === Infinity)"
    )
