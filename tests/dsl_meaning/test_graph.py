"""The graph: complete, stable, laid out without overlaps; its pictures escape what they show."""

from __future__ import annotations

import json
import random
from xml.etree import ElementTree

import pytest

from dsl.checks import check
from dsl.edits import apply
from dsl.edits.models import AddStep
from dsl.graph import Graph, Node, Place, graph_json, view
from dsl.graph.layout import layout
from dsl.graph.mermaid import mermaid
from dsl.graph.svg import svg
from dsl.outline import places
from dsl.palette import new_step
from dsl.parse import parse
from tests.dsl_meaning.programs import PROGRAMS, WIDE
from tests.dsl_meaning.sample import CATALOG, REFUND, text_of


def drawn(text: str) -> Graph:
    parsed = parse(text)
    return layout(view(parsed, check(parsed, WIDE), WIDE))


def overlap(one: Node, two: Node) -> bool:
    return (
        one.x < two.x + two.width
        and two.x < one.x + one.width
        and one.y < two.y + two.height
        and two.y < one.y + one.height
    )


def assert_sound(graph: Graph) -> None:
    ids = [node.id for node in graph.nodes]
    assert len(set(ids)) == len(ids)
    by_id = {node.id: node for node in graph.nodes}
    siblings: dict[str | None, list[Node]] = {}
    for index, node in enumerate(graph.nodes):
        assert node.parent is None or ids.index(node.parent) < index
        assert node.width > 0 and node.height > 0 and node.x >= 0 and node.y >= 0
        parent = None if node.parent is None else by_id[node.parent]
        assert node.x + node.width <= (graph.width if parent is None else parent.width)
        assert node.y + node.height <= (graph.height if parent is None else parent.height)
        siblings.setdefault(node.parent, []).append(node)
    for group in siblings.values():
        for index, one in enumerate(group):
            for two in group[index + 1 :]:
                assert not overlap(one, two), (one.id, two.id)
    edges = [edge.id for edge in graph.edges]
    assert len(set(edges)) == len(edges)
    assert all(edge.source in by_id and edge.target in by_id for edge in graph.edges)
    assert all(node.slot is not None for node in graph.nodes if node.kind == "empty")
    json.dumps(graph_json(graph))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_layout_has_no_overlaps_and_everything_is_inside_its_container(name: str) -> None:
    graph = drawn(PROGRAMS[name])
    assert_sound(graph)
    assert graph == drawn(PROGRAMS[name])


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_step_is_a_node_under_its_path(name: str) -> None:
    graph = drawn(PROGRAMS[name])
    steps = {node.id for node in graph.nodes if node.kind not in ("lane", "empty", "start", "end")}
    assert steps == {place.path for place in places(parse(PROGRAMS[name]).workflow.body)}


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_place_of_every_block_is_a_slot(name: str) -> None:
    graph = drawn(PROGRAMS[name])
    offered = {(edge.slot.container, edge.slot.before) for edge in graph.edges}
    offered |= {(node.slot.container, node.slot.before) for node in graph.nodes if node.slot}
    wanted = {(place.container, place.step.id) for place in places(parse(PROGRAMS[name]).workflow.body)}
    assert wanted <= offered
    assert ("", None) in offered


@pytest.mark.parametrize("seed", range(30))
def test_a_mangled_text_is_still_drawn_soundly(seed: int) -> None:
    chance = random.Random(seed)
    text = PROGRAMS[chance.choice(sorted(PROGRAMS))]
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(text))
        text = text[:start] + text[start + chance.choice((0, 1, 5, 40)) :]
        text = (
            text[:start]
            + chance.choice(("", "}", "{", '"', "step x: do {", "after a ", "order"))
            + text[start:]
        )
    graph = drawn(text)
    assert_sound(graph)
    ElementTree.fromstring(svg(graph))
    assert mermaid(graph).startswith("flowchart TD\n")


def test_the_refund_example_reads_like_a_story() -> None:
    graph = drawn(REFUND)
    assert [(n.id, n.title, n.sentence) for n in graph.nodes if n.parent is None] == [
        ("~start", "Start", ""),
        ("order", "Order", "Get an order"),
        ("eligibility", "Eligibility", "Check refund eligibility"),
        ("ineligible", "Ineligible", "If the order is not eligible"),
        ("gate", "Gate", "If the order total is over the threshold (100)"),
        ("refund", "Refund", "Refund an order"),
        ("notify", "Notify", "Send an e-mail to the customer"),
        ("done", "Done", "Finish: refunded"),
        ("~end", "End", ""),
    ]
    approval = next(node for node in graph.nodes if node.id == "gate.approval")
    assert (approval.parent, approval.sentence) == ("gate/then", "Ask a manager to approve, within 24 hours")
    refund = next(node for node in graph.nodes if node.id == "refund")
    assert (refund.tool, refund.effect) == ("shop.process_refund", "write")
    assert REFUND[refund.start : refund.end].startswith("step refund: call shop.process_refund(")


def test_a_branch_that_is_not_written_is_a_slim_place_for_a_step_that_writes_it() -> None:
    graph = drawn(REFUND)
    nodes = {node.id: node for node in graph.nodes}
    lane, empty, written = nodes["gate/else"], nodes["gate/else~empty"], nodes["gate/then"]
    assert (lane.label, lane.implied, lane.parent) == ("otherwise: go on", True, "gate")
    assert empty.slot == Place(container="gate/else", before=None)
    assert lane.width < written.width and lane.height < written.height
    step = new_step("mail.send", parse(REFUND), CATALOG, "gate/else", None)
    put = AddStep(container="gate/else", before=None, text=step.text, uses=step.uses)
    after = {node.id: node for node in drawn(apply(REFUND, put).text).nodes}
    assert (after["gate/else"].label, after["gate/else"].implied) == ("otherwise", False)
    assert after[f"gate.{step.id}"].parent == "gate/else"
    assert set(after) == (set(nodes) - {"gate/else~empty"}) | {f"gate.{step.id}"}


@pytest.mark.parametrize(
    ("step", "lanes"),
    [
        ("step a: if true { } else { }", ["a/then", "a/else"]),
        ('step a: switch input.order_id { case "x" { } }', ["a/case0", "a/default*"]),
        ('step a: approve by role "manager" { }', []),
        ('step a: approve by role "manager" { on reject { } }', ["a/reject", "a/timeout*"]),
        ('step a: approve by role "manager" { on timeout { } }', ["a/timeout", "a/reject*"]),
        ("step a: if true { } catch { }", ["a/then", "a/else*", "a/catch0"]),
    ],
)
def test_only_branches_that_can_be_left_out_are_offered(step: str, lanes: list[str]) -> None:
    nodes = drawn(text_of(step)).nodes
    assert [node.id + "*" * node.implied for node in nodes if node.kind == "lane"] == lanes


def test_what_is_not_written_is_not_in_a_picture_for_other_pages() -> None:
    assert "otherwise" not in mermaid(drawn(REFUND))
    assert "otherwise: go on" in svg(drawn(REFUND)) and "nothing to do" not in svg(drawn(REFUND))


def test_a_step_keeps_its_id_when_another_is_put_before_it() -> None:
    before = {node.id for node in drawn(REFUND).nodes}
    after = {
        node.id for node in drawn(REFUND.replace("  step order:", "  step new: let 1\n\n  step order:")).nodes
    }
    assert after == before | {"new"}


def test_a_problem_is_painted_on_its_step() -> None:
    parsed = parse(text_of("step a: let 1\nstep b: let nobody"))
    errors = [one for one in check(parsed, CATALOG) if one.severity == "error"]
    graph = view(parsed, errors)
    painted = {node.id: [one.code for one in node.problems] for node in graph.nodes if node.problems}
    assert painted == {"b": ["E101"]}


def test_two_steps_of_one_name_are_both_drawn() -> None:
    graph = layout(view(parse(text_of("step a: do { step x: let 1 }\nstep a: do { step x: let 2 }"))))
    assert_sound(graph)
    assert [node.id for node in graph.nodes if node.kind == "do"] == ["a", "a#2"]


def test_steps_that_wait_for_each_other_are_still_drawn() -> None:
    graph = layout(view(parse(text_of("step p: parallel { step a: let 1 after b step b: let 2 after a }"))))
    assert_sound(graph)


def test_what_waits_in_a_parallel_stands_below_what_it_waits_for() -> None:
    nodes = {node.id: node for node in drawn(PROGRAMS["batch"]).nodes}
    merge = nodes["closing.merge"]
    assert all(
        merge.y >= nodes[f"closing.{name}"].y + nodes[f"closing.{name}"].height
        for name in ("ledger", "stats")
    )


def test_pictures_escape_every_text() -> None:
    graph = layout(view(parse(text_of('/// <script>"x"&\nstep a: fail "<b>\'&"'))))
    picture = svg(graph)
    ElementTree.fromstring(picture)
    assert "<script" not in picture and "<b>" not in picture
    assert "<script" not in mermaid(graph)


def test_a_thousand_steps_are_laid_out_in_good_time() -> None:
    import time

    parsed = parse(text_of("\n".join(f"step s{n}: let {n}" for n in range(1000))))
    started = time.perf_counter()
    layout(view(parsed))
    assert time.perf_counter() - started < 2
