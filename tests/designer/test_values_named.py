"""Values that are told by where a word stands, and sums that are told by what they are for."""

from __future__ import annotations

import pytest

from studio.designer.builtin import named_values
from studio.designer.builtin.literals import spoken
from studio.designer.builtin.mentioning import mentioned
from studio.designer.builtin.scope import Scope, Thing
from studio.designer.builtin.spans import bound
from studio.designer.builtin.tools import Known, Toolbox
from studio.designer.builtin.worth import owed
from tests.designer.catalogs import SHOP

TEXT = {"type": "string"}
NUMBER = {"type": "number"}


def thing(name: str, **fields: dict[str, str]) -> Thing:
    return Thing(name, (name,), {"type": "object", "properties": fields, "required": list(fields)}, step=True)


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ("tell the group porters about it", "group", '"porters"'),
        ("put it on the jazz board", "board", '"jazz"'),
        ("reserve a bed in ward B2 and go on", "ward", '"B2"'),
        ("page team release with urgency high", "team", '"release"'),
        ('show it on the "north" screen', "screen", '"north"'),
    ],
)
def test_a_bare_word_beside_the_name_of_an_argument_is_its_value(said: str, name: str, value: str) -> None:
    assert named_values.beside(said, name, frozenset()) == value


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("when the service fails, stop", "service"),
        ("tell the team members", "team"),
        ("look at the room status", "room"),
        ("the text of the letter", "text"),
        ("if the service is healthy, stop", "service"),
    ],
)
def test_what_only_goes_on_behind_such_a_name_is_none(said: str, name: str) -> None:
    assert named_values.beside(said, name, frozenset(["healthy"])) is None


def test_a_proper_name_that_no_tool_speaks_of_is_a_value() -> None:
    assert named_values.proper("the rep for Norway", frozenset()) == '"Norway"'
    assert named_values.proper("booked with Dr. Weiss", frozenset()) == '"Dr. Weiss"'
    assert named_values.proper("post it to Slack on Monday", frozenset(["slack"])) is None


def test_a_bound_is_told_by_what_it_bounds_and_a_word_by_its_letters() -> None:
    assert (
        spoken(
            "those with a score of 80 at least",
            "min_score",
            {"type": "integer"},
            needed=False,
            known=frozenset(),
        )
        == "80"
    )
    schema = {"type": "string", "enum": ["blood", "xray"]}
    assert spoken("order an x-ray", "test", schema, needed=True, known=frozenset()) == '"xray"'


def test_both_ends_of_a_stretch_of_time_come_from_one_thing() -> None:
    scope = Scope([thing("stay", guest=TEXT, arrival=TEXT, departure=TEXT)])
    known = _known({"room": TEXT, "from": TEXT, "to": TEXT})
    ends = [bound(scope, known, (word,)) for word in ("from", "to")]
    assert [end and end.path for end in ends] == ["stay.arrival", "stay.departure"]
    assert bound(scope, _known({"to": TEXT, "subject": TEXT}), ("to",)) is None


def test_a_message_tells_the_field_of_a_thing_and_what_is_owed() -> None:
    scope = Scope([thing("parcel", carrier=TEXT, weight=NUMBER), thing("account", balance_due=NUMBER)])
    assert mentioned("mail him the carrier of the parcel", scope) == ["Carrier: ${parcel.carrier}"]
    found = owed(scope, "write her how much is open")
    assert found is not None and found.path == "account.balance_due"


def _known(inputs: dict[str, dict[str, str]]) -> Known:
    one = Toolbox(SHOP).tools[0]
    tool = one.tool.model_copy(update={"input_schema": {"type": "object", "properties": inputs}})
    return Known(one.connector, tool, one.fields, one.name, one.verb, one.noun, one.says)
