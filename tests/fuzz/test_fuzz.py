"""The fuzzer for a few seconds, always the same cases; and that it finds what is wrong."""

from __future__ import annotations

from tests.fuzz.run import fuzz
from tests.fuzz.targets import TARGETS
from tests.fuzz.watched import Watched


def test_a_few_seconds_find_nothing():
    tally = fuzz(8, 1)
    assert [(finding.ended.detail, finding.text) for finding in tally.findings] == []
    assert sum(tally.cases.values()) > 20


def test_a_case_that_raises_ends_the_process_or_hangs_is_told():
    with Watched() as child:
        assert child.run("no such target", "").how == "raised"
        assert "KeyError" in child.run("no such target", "").detail
        assert child.run("reading", "workflow a {}", limit=1e-9).how == "hung"
        assert child.run("reading", "workflow a {}").how == "well"


def test_every_target_is_tried_on_an_example():
    with Watched() as child:
        for target in TARGETS:
            ended = child.run(target, "workflow a {\n  step x: let [1, 2]\n  step y: return x\n}\n")
            assert (ended.how, ended.detail) == ("well", ""), target
