"""The gallery holds real workflows, and what is imported is looked at before anything is made of it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

import dsl
from dsl.catalog import Catalog
from studio.workflows.importing import Found, Unreadable, read
from studio.workflows.templates import Template, gallery

CATALOG = Catalog.model_validate_json((Path(__file__).parents[2] / "examples" / "catalog.json").read_bytes())


def test_there_are_enough_of_them_and_no_two_are_the_same():
    assert len(gallery()) >= 8
    assert len({one.key for one in gallery()}) == len({one.title for one in gallery()}) == len(gallery())


@pytest.mark.parametrize("one", gallery(), ids=lambda one: one.key)
def test_a_template_has_no_problem_over_the_shipped_connectors(one: Template):
    parsed = dsl.parse(one.text)
    assert [found.message for found in dsl.check(parsed, CATALOG)] == []
    assert parsed.workflow.name == one.key
    assert one.about and one.tags and set(one.connectors) <= set(CATALOG.connectors)
    assert dsl.format_text(one.text) == one.text


@pytest.mark.parametrize("one", gallery(), ids=lambda one: one.key)
def test_a_template_has_a_picture_in_both_themes(one: Template):
    light, dark = (ElementTree.fromstring(one.pictures[theme]) for theme in ("light", "dark"))
    assert int(light.attrib["width"]) == one.width > 100
    assert len(list(light.iter())) == len(list(dark.iter())) and one.pictures["light"] != one.pictures["dark"]


def test_a_weft_text_is_found_with_what_is_wrong_in_it():
    text = 'workflow money_back {\n  use shop: mcp "shop"\n\n  step order: call shop.get_ordr(order_id: "A")\n}\n'
    found = read("money back.weft", text, CATALOG)
    assert isinstance(found, Found)
    assert (found.kind, found.title, found.steps, found.errors) == ("weft", "Money back", 1, 1)


@pytest.mark.parametrize("text", ["", "  \n", "hello", "{", '{"nodes": 1}', "[" * 100_000, "{}"])
def test_what_is_no_workflow_is_refused_with_what_to_do(text: str):
    found = read("", text, CATALOG)
    assert isinstance(found, Unreadable) and found.message and found.help
