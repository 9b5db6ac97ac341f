"""n8n's exports read as workflows, and what did not come over is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dsl
from dsl import n8n
from dsl.catalog import Catalog

CATALOG = Catalog.model_validate_json((Path(__file__).parents[2] / "examples" / "catalog.json").read_bytes())


def node(name: str, kind: str, version: float = 1, **more: Any) -> dict[str, Any]:
    extra = {key: more.pop(key) for key in ("disabled", "onError", "retryOnFail") if key in more}
    return {
        "name": name,
        "type": f"n8n-nodes-base.{kind}",
        "typeVersion": version,
        "parameters": more,
        **extra,
    }


def export(*nodes: dict[str, Any], name: str = "Orders", **links: list[list[str]]) -> dict[str, Any]:
    """``links``: by node (spaces as underscores), for each output the nodes that follow."""
    connections = {
        source.replace("_", " "): {
            "main": [[{"node": target, "type": "main", "index": 0} for target in out] for out in outputs]
        }
        for source, outputs in links.items()
    }
    return {
        "name": name,
        "nodes": list(nodes),
        "connections": connections,
        "settings": {"timezone": "Europe/Paris"},
    }


def made(value: Any) -> tuple[str, dict[str, str]]:
    """The body's text and the notes by node."""
    found = n8n.read(value, CATALOG)
    assert dsl.parse(found.text).diagnostics == ()
    return found.text, {note.where: note.words for note in found.notes}


MANUAL = node("Start", "manualTrigger")
IF = node(
    "Large",
    "if",
    2,
    conditions={
        "combinator": "and",
        "conditions": [
            {
                "leftValue": "={{ $json.total }}",
                "rightValue": 100,
                "operator": {"type": "number", "operation": "gt"},
            }
        ],
    },
)


def test_branches_that_meet_again_give_their_value_to_what_follows():
    text, notes = made(
        export(
            MANUAL,
            IF,
            node("A", "set", 3, assignments={"assignments": [{"name": "way", "value": "large"}]}),
            node("B", "set", 3, assignments={"assignments": [{"name": "way", "value": "small"}]}),
            node("Both", "merge"),
            node("Tell", "emailSend", toEmail="a@example.com", subject="=It was {{ $json.way }}", text="."),
            Start=[["Large"]],
            Large=[["A"], ["B"]],
            A=[["Both"]],
            B=[["Both"]],
            Both=[["Tell"]],
        )
    )
    assert notes == {}
    assert text.endswith(
        """
  step large: if input.total > 100 {
    step a: let { way: "large" }
    yield a
  } else {
    step b: let { way: "small" }
    yield b
  }

  step tell: call mail.send(to: "a@example.com", subject: "It was ${large.way}", body: ".")
    timeout 30s
}
"""
    )


def test_a_branch_that_does_not_come_back_keeps_what_follows_it_to_itself():
    text, _ = made(
        export(
            MANUAL,
            IF,
            node("Stop", "stopAndError", errorMessage="too much"),
            node("Go on", "noOp"),
            node("Sub", "executeWorkflow", workflowId={"cachedResultName": "Book it"}),
            Start=[["Large"]],
            Large=[["Stop"], ["Go on"]],
            Go_on=[["Sub"]],
        )
    )
    assert 'step stop: fail "stopped" with "too much"' in text
    assert text.index("} else {") < text.index("step sub: run book_it()")


def test_a_loop_over_items_goes_around_its_body_and_on_from_its_other_output():
    text, notes = made(
        export(
            MANUAL,
            node("Over", "splitInBatches", 3, batchSize=10),
            node("Rest", "wait", amount=2, unit="minutes"),
            node("After", "set", 2, values={"string": [{"name": "done", "value": "yes"}]}),
            Start=[["Over"]],
            Over=[["After"], ["Rest"]],
            Rest=[["Over"]],
        )
    )
    assert "step over: foreach item in input {\n    step rest: wait 2m\n" in text
    assert text.index("}") < text.index("step after: let")
    assert "10 items" in notes["Over"]


def test_a_request_reads_what_an_earlier_node_gave_by_name():
    text, _ = made(
        export(
            MANUAL,
            node("Get it", "httpRequest", 4, url="https://example.com/a"),
            node(
                "Send it",
                "httpRequest",
                4,
                method="post",
                url="=https://example.com/{{ $node['Get it'].json.id }}",
                sendBody=True,
                bodyParameters={
                    "parameters": [{"name": "total", "value": "={{ $('Get it').item.json['total'] }}"}]
                },
            ),
            Start=[["Get it"]],
            Get_it=[["Send it"]],
        )
    )
    assert 'url: "https://example.com/${get_it.body.id}"' in text
    assert "body: { total: get_it.body.total }" in text


def test_a_switch_is_a_chain_of_conditions_with_its_fallback():
    rules = {
        "values": [
            {
                "conditions": {
                    "conditions": [
                        {
                            "leftValue": "={{ $json.kind }}",
                            "rightValue": word,
                            "operator": {"operation": "equals"},
                        }
                    ]
                }
            }
            for word in ("a", "b")
        ]
    }
    text, _ = made(
        export(
            MANUAL,
            node("Which", "switch", 3, rules=rules, options={"fallbackOutput": "extra"}),
            *(node(name, "wait", amount=1, unit="days") for name in ("One", "Two", "Rest")),
            Start=[["Which"]],
            Which=[["One"], ["Two"], ["Rest"]],
        )
    )
    assert 'step which: if input.kind == "a" {\n    step one' in text
    assert '} else if input.kind == "b" {\n    step two' in text
    assert "} else {\n    step rest" in text


@pytest.mark.parametrize(
    ("trigger", "line"),
    [
        (
            node("T", "scheduleTrigger", rule={"interval": [{"field": "days", "triggerAtHour": 9}]}),
            'schedule "0 9 * * *" timezone "Europe/Paris"',
        ),
        (
            node(
                "T",
                "scheduleTrigger",
                rule={"interval": [{"field": "cronExpression", "expression": "0 30 8 * * 1-5"}]},
            ),
            'schedule "30 8 * * 1-5" timezone "Europe/Paris"',
        ),
        (
            node("T", "scheduleTrigger", rule={"interval": [{"field": "minutes", "minutesInterval": 15}]}),
            'schedule "*/15 * * * *" timezone "Europe/Paris"',
        ),
        (
            node("T", "cron", triggerTimes={"item": [{"mode": "everyWeek", "hour": 7, "weekday": "1"}]}),
            'schedule "0 7 * * 1" timezone "Europe/Paris"',
        ),
        (
            node("T", "webhook", path="a/b", httpMethod="PUT"),
            'webhook PUT "/a/b" verify hmac_sha256(event, secrets.webhook_secret)',
        ),
        (node("T", "manualTrigger"), "manual"),
    ],
)
def test_triggers_start_it_as_they_did(trigger: dict[str, Any], line: str):
    text, _ = made(export(trigger, node("W", "wait"), T=[["W"]]))
    assert f"trigger t: {line}\n" in text


def test_what_has_no_equal_is_told_and_cannot_be_published_unseen():
    text, notes = made(
        export(
            MANUAL,
            node("Count", "code", jsCode="return items.length;"),
            node(
                "Odd",
                "if",
                2,
                conditions={
                    "conditions": [
                        {
                            "leftValue": "={{ $now.weekday }}",
                            "rightValue": 1,
                            "operator": {"operation": "equals"},
                        }
                    ]
                },
            ),
            node("Tell", "slack", resource="message", operation="post", text="={{ new Date() }}"),
            Start=[["Count"]],
            Count=[["Odd"]],
            Odd=[["Tell"]],
        )
    )
    assert set(notes) == {"Count", "Odd", "Tell"}
    errors = {one.message for one in dsl.check(dsl.parse(text), CATALOG) if one.severity == "error"}
    assert {"there is no connector `code`", "there is no connector `slack`"} <= errors
    assert any("not_taken_over" in message for message in errors)


def test_a_failure_with_an_output_of_its_own_becomes_a_catch():
    text, _ = made(
        export(
            MANUAL,
            node("Ask", "httpRequest", 4, url="https://example.com", onError="continueErrorOutput"),
            node("Good", "wait"),
            node("Bad", "stopAndError", errorMessage="={{ $json.message }}"),
            Start=[["Ask"]],
            Ask=[["Good"], ["Bad"]],
        )
    )
    assert 'catch as problem {\n      step bad: fail "stopped" with problem.message\n    }' in text


def test_what_is_switched_off_or_never_reached_is_left_out_and_told():
    _, notes = made(
        export(
            MANUAL,
            node("Off", "wait", disabled=True),
            node("Alone", "wait"),
            Start=[["Off"]],
        )
    )
    assert "switched off" in notes["Off"] and "not reached" in notes["Alone"]


@pytest.mark.parametrize("value", [{}, [], {"nodes": []}, {"nodes": 3}, "x", {"nodes": [{"name": ""}]}, None])
def test_other_json_is_refused_in_words(value: Any):
    with pytest.raises(n8n.NotN8n) as refused:
        n8n.read(value, CATALOG)
    assert refused.value.help


NAMES = st.sampled_from(["A", "B", "C", "D b", "E}\n{", "input", "1", "é", 'q"'])
KINDS = st.sampled_from(
    [
        "manualTrigger",
        "webhook",
        "scheduleTrigger",
        "httpRequest",
        "set",
        "if",
        "switch",
        "splitInBatches",
        "wait",
        "merge",
        "noOp",
        "code",
        "slack",
        "emailSend",
        "stopAndError",
        "executeWorkflow",
        "agent",
        "respondToWebhook",
        "stickyNote",
        "filter",
        "cron",
    ]
)
WORDS = st.one_of(
    st.sampled_from(
        [
            "={{ $json.a }}",
            "={{ $('A').item.json.b }} and {{ $json.c > 1 ? 'x' : \"y\" }}",
            '={{ "}" }}',
            "={{ $json['a b'] }}",
            "}",
            '"',
            "${",
            "={{ }}",
            "={{",
            "//",
            "\\",
            "\n}\n",
        ]
    ),
    st.text(max_size=12),
)
VALUES = st.recursive(
    st.one_of(WORDS, st.integers(), st.floats(allow_nan=False), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "url",
                    "rules",
                    "values",
                    "rule",
                    "interval",
                    "field",
                    "conditions",
                    "leftValue",
                    "operator",
                    "operation",
                    "assignments",
                    "name",
                    "value",
                    "text",
                    "string",
                    "value1",
                    "workflowId",
                    "workflowInputs",
                    "messages",
                    "path",
                    "options",
                    "parameters",
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
NODES = st.builds(
    lambda name, kind, version, parameters, flags: {
        "name": name,
        "type": f"n8n-nodes-base.{kind}",
        "typeVersion": version,
        "parameters": parameters,
        **flags,
    },
    NAMES,
    KINDS,
    st.sampled_from([1, 2, 3, 4.2, "x"]),
    VALUES,
    st.dictionaries(
        st.sampled_from(["disabled", "retryOnFail", "continueOnFail", "notes", "onError"]),
        st.sampled_from([True, "x */ }", "continueErrorOutput"]),
        max_size=2,
    ),
)
LINKS = st.dictionaries(
    NAMES,
    st.fixed_dictionaries(
        {"main": st.lists(st.lists(st.builds(lambda n: {"node": n}, NAMES), max_size=3), max_size=3)}
    ),
    max_size=7,
)


@pytest.mark.properties
@settings(max_examples=100, deadline=None)
@given(nodes=st.lists(NODES, max_size=9), links=LINKS, name=WORDS)
def test_whatever_an_export_holds_the_text_reads(
    nodes: list[dict[str, Any]], links: dict[str, Any], name: str
):
    try:
        found = n8n.read({"name": name, "nodes": nodes, "connections": links}, CATALOG)
    except n8n.NotN8n:
        return
    parsed = dsl.parse(found.text)
    assert parsed.diagnostics == (), found.text
    assert dsl.format_text(found.text) == found.text
