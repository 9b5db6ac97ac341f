"""A diagnostic that proves something names the way that proves it, and every step on it is one of the text."""

from __future__ import annotations

import pytest

import dsl
from dsl.outline import places
from tests.dsl_rules.rules import ALONE, CATALOG, found
from tests.dsl_rules.test_fixes import broken

WAYS = [
    (
        "E102",
        "step i: if input.a > 1 { step x: let 1 } else { step y: let 2 }\nstep z: let x",
        ("i", "i.y", "z"),
    ),
    ("E102", "step i: if input.a > 1 { step x: let 1 }\nstep d: do { step z: let x }", ("i", "d.z")),
    ("E102", "step p: parallel any { step x: let 1 step y: let 2 }\nstep z: let x", ("p", "z")),
    ("E102", "step d: do { step x: let 1 } catch { step y: let 2 }\nstep z: let x", ("d", "z")),
    ("E104", "step p: parallel { step a: let 1 after b step b: let 2 after a }", ("p.a", "p.b", "p.a")),
    ("E104", "step a: let 1 after c\nstep b: let 2\nstep c: let 3", ("a", "b", "c")),
    (
        "W505",
        'step g: approve by role "manager" { within 1d on reject { step n: let 1 } }\n'
        'step d: do { step m: call mail.send(to: "x", subject: "y", body: "z") timeout 1s }',
        ("g", "g.n", "d.m"),
    ),
]


@pytest.mark.parametrize(("code", "body", "way"), WAYS)
def test_the_way_goes_over_the_branch_that_is_taken(code: str, body: str, way: tuple[str, ...]) -> None:
    text = f'workflow w {{ use mail: mcp "mail" input {{ a: int }}\n{body}\n}}'
    assert [one.witness for one in dsl.check(dsl.parse(text), CATALOG) if one.code == code] == [way]


def test_what_is_on_a_way_is_a_step_of_the_text() -> None:
    texts = [page.bad.text for page in ALONE if page.bad is not None]
    for text in (*texts, *(broken(seed) for seed in range(60))):
        paths = {place.path for place in places(dsl.parse(text).workflow.body)}
        for one in found(text):
            assert paths >= set(one.witness), one
            assert one.step is None or one.step in paths
