"""The graph says all that the text says: text to graph to text is the same tree, and both share their ids."""

from __future__ import annotations

import json

import pytest

from dsl import FlatError, format_text, graph_json, layout, parse, program_json, text_of_graph, view
from dsl.flat.arranging import arranged
from dsl.flat.problems import read_flat
from tests.dsl.amount import programs
from tests.dsl.programs import program
from tests.dsl.texts import EXAMPLES, REFUND, meaning
from tests.dsl_meaning.programs import PROGRAMS

STEPS = {"lane", "empty", "start", "end"}


def prove(text: str) -> None:
    parsed = parse(text)
    graph = json.loads(json.dumps(program_json(parsed, view(parsed))))
    back = text_of_graph(graph)
    assert meaning(parse(back).workflow) == meaning(parsed.workflow)
    flat = read_flat(graph["program"])
    steps = {
        id_: (block, step.do.kind.partition("_")[0])
        for block, inside in arranged(flat).steps.items()
        for id_, step in inside
    }
    nodes = {n["id"]: (n["parent"] or "", n["kind"]) for n in graph["nodes"] if n["kind"] not in STEPS}
    assert nodes == steps
    assert list(nodes) == [node["id"] for node in graph["nodes"] if node["id"] in steps]
    ports = {port["id"] for node in graph["nodes"] for port in node["ports"]}
    assert len(ports) == sum(len(node["ports"]) for node in graph["nodes"])
    assert {edge["source_port"] for edge in graph["edges"]} <= ports
    assert {edge["target_port"] for edge in graph["edges"]} <= ports
    lanes = {node["id"]: node["condition"] for node in graph["nodes"] if node["kind"] == "lane"}
    assert all(lanes.values())
    assert all(edge["condition"] == lanes.get(edge["source"]) for edge in graph["edges"])


@pytest.mark.parametrize("name", [*EXAMPLES, *PROGRAMS])
def test_a_written_program_is_its_graph(name: str):
    prove({**EXAMPLES, **PROGRAMS}[name])


@pytest.mark.properties
def test_any_program_is_its_graph():
    for seed in programs():
        text = program(seed)
        if not parse(text).diagnostics:
            try:
                prove(text)
            except (AssertionError, FlatError) as wrong:
                raise AssertionError(f"seed {seed}") from wrong


def test_the_refund_example_comes_back_as_it_is_written_but_for_the_spelling_of_a_day():
    parsed = parse(REFUND)
    assert text_of_graph(program_json(parsed, view(parsed))) == format_text(REFUND.replace("24h", "1d"))


def test_the_graph_of_a_text_that_cannot_be_read_whole_says_so():
    parsed = parse(REFUND.replace("timeout 10s", "timeout soon"))
    with pytest.raises(FlatError, match="could not be read"):
        text_of_graph(program_json(parsed, view(parsed)))
    with pytest.raises(FlatError, match="does not hold its program"):
        text_of_graph([])


def test_the_canvas_gets_no_more_than_it_draws():
    graph = layout(view(parse(REFUND)))
    assert not {"ports", "condition"} & graph_json(graph)["nodes"][1].keys()
    assert not {"source_port", "condition"} & graph_json(graph)["edges"][1].keys()


def conditions(text: str) -> dict[str, tuple[str, str, list[str]]]:
    parsed = parse(text)
    nodes = program_json(parsed, view(parsed))["nodes"]
    found = [node for node in nodes if node["condition"] and not node["implied"]]
    return {
        n["id"]: (n["condition"]["kind"], n["condition"]["text"], n["condition"]["values"]) for n in found
    }


def test_conditions_are_told_as_they_are_written():
    found = conditions(PROGRAMS["batch"]) | conditions(PROGRAMS["chase"]) | conditions(PROGRAMS["gated"])
    assert found == {
        "results/body": ("each", "inv in input.invoices", []),
        "results.route/case0": ("case", "triage.decision", ['"post"']),
        "results.route/case1": ("case", "triage.decision", ['"query"', '"fraud"']),
        "results/catch0": ("error", "", ["budget_exceeded"]),
        "closing/body": ("always", "", []),
        "closing.ledger/body": ("always", "", []),
        "closing.warn/then": ("when", "bad.size() > 0", []),
        "closing.warn/else": ("else", "", []),
        "rounds/body": ("while", "!acc.paid && rounds.count < input.max_rounds", []),
        "rounds/catch0": ("error", "", ["exhausted"]),
        "poll/body": ("until", "poll.last.settled", []),
        "poll/catch0": ("error", "", ["timeout", "exhausted"]),
        "gate/then": ("when", "input.amounts.sum() > config.limit", []),
        "gate.first/reject": ("rejected", "", []),
        "gate.first/timeout": ("timeout", "", []),
        "gate/else": ("else", "", []),
        "many/body": ("each", "amount in input.amounts", []),
        "both/body": ("always", "", []),
        "last/catch0": ("error", "", []),
        "last/compensate": ("undo", "", []),
    }
