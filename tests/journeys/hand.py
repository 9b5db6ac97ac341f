"""What a hand does on the canvas and in the inspector."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.stack.person import Person

TOP_OF_CARD = 22
"""Pixels from a card's upper rim where it is taken."""


class Hand:
    def __init__(self, person: Person) -> None:
        self.person, self.page = person, person.page
        # Nothing glides: what is aimed at is where it will be.
        self.page.emulate_media(reduced_motion="reduce")

    def bring(self, item: str, slot: str, path: str) -> None:
        """Something of the palette onto a slot; it is then the step ``path``, and the inspector shows it."""
        person = self.person
        person.at("zoom-fit").click()
        entry = person.at(f"palette-item-{item}")
        entry.scroll_into_view_if_needed()
        x, y = self.middle(entry)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + 20, y + 20, steps=4)
        # A slot that is lit has no sign any more. Until then the hand goes where it sees it.
        sign = person.at(slot)
        for _ in range(20):
            if (box := sign.bounding_box() if sign.count() else None) is None:
                break
            self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=8)
        self.page.mouse.up()
        expect(person.node(path)).to_be_visible()
        expect(person.at("inspector")).to_have_attribute("data-step", path)

    def write(self, field: str, value: str, *, expression: bool = False) -> None:
        """A field's value, as somebody types it over what is there."""
        at = self.person.at(field)
        switch = self.person.at(f"fx-{field}")
        if expression and switch.get_attribute("aria-pressed") == "false":
            switch.click()
        before = self.person.at("canvas").get_attribute("data-rev")
        at.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(value)
        self.page.evaluate("document.activeElement.blur()")
        expect(self.person.at("canvas")).not_to_have_attribute("data-rev", before or "")

    def take(self, path: str) -> tuple[float, float]:
        """Takes hold of a step; where."""
        box = self.box(self.person.node(path))
        at = (box["x"] + box["width"] / 2, box["y"] + TOP_OF_CARD)
        self.page.mouse.move(*at)
        self.page.mouse.down()
        return at

    def carry(self, path: str, by: tuple[float, float]) -> None:
        """Carries a step some pixels to the right and down, and lets it go."""
        x, y = self.take(path)
        self.page.mouse.move(x + 12, y + 12, steps=3)
        self.page.mouse.move(x + by[0], y + by[1], steps=10)

    def draw(self, source: str, target: str) -> None:
        """An edge from the lower rim of a step onto another one."""
        self.person.node(source).hover()
        self.pull(self.person.at(f"out-{source}"), self.person.node(target))

    def pull(self, what: Locator, onto: Locator) -> None:
        (x, y), end = self.middle(what), self.middle(onto)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + 10, y + 14, steps=3)
        self.page.mouse.move(*end, steps=10)
        self.page.mouse.up()

    def drop(self) -> None:
        self.page.mouse.up()

    def middle(self, what: Locator) -> tuple[float, float]:
        box = self.box(what)
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    @staticmethod
    def box(what: Locator) -> dict[str, float]:
        found = what.bounding_box()
        assert found
        return {**found}
