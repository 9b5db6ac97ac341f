from __future__ import annotations

import dsl
from dsl.assist import hover
from dsl.assist.functions import FUNCTION_DOCS, METHOD_DOCS
from dsl.assist.schedule import schedule_words
from dsl.assist.words import TYPES, WORDS
from dsl.catalog import Catalog
from dsl.cel import FUNCTIONS, METHODS
from dsl.grammar import grammar
from dsl.recovery import grammar_word
from dsl.schemas import BASIC, GENERIC
from tests.dsl_assist.desk import CATALOG, REFUND


def told(word: str, more: int = 1, text: str = REFUND, catalog: Catalog = CATALOG) -> str:
    found = hover(text, text.index(word) + more, catalog)
    return found.markdown if found else ""


def test_a_name_tells_its_type_and_the_step_it_comes_from():
    assert told("order.total").startswith(
        "`order`: an object\n\nThe result of the step `order`: get an order."
    )
    assert told("problem.message").startswith("`problem`: an object\n\nThe error that the `catch` took.")


def test_a_field_tells_its_type_and_what_the_connector_says_of_it():
    assert told("order.total", 7) == "`total`: a number\n\nTotal amount of the order, in its currency"


def test_a_step_tells_what_it_does_and_what_it_gives():
    said = told("step eligibility", 6)
    assert said.startswith("**eligibility**: check refund eligibility.\n\nResult: an object")
    assert "- `eligible`: true or false" in said


def test_a_tool_tells_its_arguments_and_what_it_can_do_by_the_policy():
    said = told("process_refund")
    assert "- `amount`: a number, required" in said
    assert "moves money" in said and "approval" in said
    assert "It only reads." in told("get_order")


def test_a_tool_that_does_not_say_what_it_returns_is_called_unknown():
    order = CATALOG.connectors["shop"].tools["get_order"].model_copy(update={"output_schema": None})
    shop = CATALOG.connectors["shop"].model_copy(
        update={"tools": {**CATALOG.connectors["shop"].tools, "get_order": order}}
    )
    catalog = CATALOG.model_copy(update={"connectors": {**CATALOG.connectors, "shop": shop}})
    assert "unknown: the tool `shop.get_order` does not say what it returns" in told(
        "get_order", catalog=catalog
    )
    assert told("order.total", catalog=catalog).startswith(
        "`order`: unknown: the tool `shop.get_order` does not"
    )


def test_words_of_a_connector_cannot_write_markup():
    order = (
        CATALOG.connectors["shop"]
        .tools["get_order"]
        .model_copy(update={"description": "[click](http://example.com) <img>"})
    )
    shop = CATALOG.connectors["shop"].model_copy(update={"tools": {"get_order": order}})
    catalog = CATALOG.model_copy(update={"connectors": {"shop": shop}})
    assert "\\[click\\](http://example.com) \\<img\\>" in told("get_order", catalog=catalog)


def test_words_durations_functions_and_types_are_explained():
    assert told("timeout 10s").startswith("`timeout`: ")
    assert told("30s") == "30 seconds"
    assert told("money(").startswith("`money(amount): string`")
    assert told("float") == "`float`: A number."


def test_a_problem_under_the_cursor_is_told_first():
    text = REFUND.replace("order.total,", "order.totl,")
    found = dsl.check(dsl.parse(text), CATALOG)
    at = text.index("totl") + 1
    said = hover(text, at, CATALOG, found)
    assert said is not None
    assert "**E204**" in said.markdown.split("---")[0]


def test_every_word_function_method_and_type_of_the_language_is_explained():
    words = {grammar_word(one.name) for one in grammar().terminals}
    assert {word for word in words if word.isidentifier()} == set(WORDS)
    assert set(FUNCTION_DOCS) == set(FUNCTIONS)
    assert set(METHOD_DOCS) == set(METHODS)
    assert set(TYPES) == {*BASIC, *GENERIC}


def test_the_examples_of_functions_can_be_read():
    for one in (*FUNCTION_DOCS.values(), *METHOD_DOCS.values()):
        assert not dsl.parse(f"workflow x {{ step a: let {one.example} }}").diagnostics, one.name


def test_schedules_are_told_in_words_where_short_words_are_right():
    assert schedule_words("0 8 * * MON-FRI") == "At 08:00 from Monday to Friday"
    assert schedule_words("30 9,17 * * *") == "At 09:30 and 17:30 every day"
    assert schedule_words("*/15 * * * *") == "Every 15 minutes every day"
    assert schedule_words("0 0 1 * *") == "At 00:00 on day 1 of the month"
    assert schedule_words("0 0 1 1 *") == "At 00:00 on January 1"
    assert schedule_words("0 0 L * ?") is None
    assert schedule_words("nonsense") is None
