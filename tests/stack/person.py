"""Somebody at a browser: what they can do, and what the console said meanwhile."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

expect.set_options(timeout=15_000)


class Person:
    """``complaints``: errors and warnings of the console, and exceptions of the page."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def at(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    def node(self, path: str) -> Locator:
        return self.page.get_by_test_id(f"node-{path}")

    def mark(self, path: str) -> Locator:
        """The sign on a node that says how the run went there."""
        return self.node(path).locator(".wf-run")

    def photograph(self, name: str) -> None:
        """Keep a picture when ``WEFT_SHOTS`` names a folder."""
        if folder := os.environ.get("WEFT_SHOTS"):
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))

    def sign_in(self, email: str, password: str) -> None:
        self.page.goto(self.url)
        self.at("login-email").fill(email)
        self.at("login-password").fill(password)
        self.at("login-submit").click()
        expect(self.at("nav-workflows")).to_be_visible()
        # Home is the dashboard once something has run; what people do here begins with the workflows.
        self.at("nav-workflows").click()
        expect(self.page).to_have_url(f"{self.url}/workflows")
        # The page hears keys from when it knows whose it is.
        expect(self.at("workspace")).to_have_text(re.compile(r"\S"))

    def text(self) -> Locator:
        """The workflow's text as the text pane shows it."""
        pane = self.page.locator("[data-testid=text-pane] .cm-content")
        if not pane.is_visible():
            self.at("tab-text").click()
            # The tab opens and closes: asking twice before it has opened would close it again.
            expect(pane).to_be_visible()
        return pane

    def drag(self, what: str, onto: str) -> None:
        """Drag with the mouse, in steps, as a hand does."""
        self.at(what).scroll_into_view_if_needed()
        start, end = self.at(what).bounding_box(), self.at(onto).bounding_box()
        assert start and end
        mouse = self.page.mouse
        mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
        mouse.down()
        mouse.move(start["x"] + start["width"] / 2 + 20, start["y"] + start["height"] / 2 + 20, steps=4)
        mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=12)
        mouse.up()

    def accept(self) -> None:
        """The newest proposal, whole; where it lowers safety, with a yes to that."""
        button = self.at("proposal-accept").last
        unsafe = "less safety" in button.inner_text()
        button.click()
        if unsafe:
            self.at("proposal-accept-unsafe").click()
