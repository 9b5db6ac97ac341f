"""E403: where a secret may go, and everywhere it may not."""

from __future__ import annotations

import pytest

from dsl.checks import leaked_secret
from dsl.checks.subject import subject_of
from dsl.parse import parse
from tests.dsl_proofs.programs import CATALOG, told

LEAKS = {
    "let": "step a: let secrets.token",
    "inside a text": 'step a: let "Bearer ${secrets.token}"',
    "inside a list": "step a: let [1, { x: secrets.token }]",
    "all of them": "step a: let secrets",
    "by its key": 'step a: let secrets["token"]',
    "an own name in a macro": "step a: let input.amounts.map(x, secrets.token)",
    "behind a macro's own name": "step a: let input.amounts.map(secrets, secrets) + [secrets.token]",
    "a condition": 'step a: if secrets.token == "x" { step b: let 1 }',
    "a switch": 'step a: switch secrets.token { case "x" { step b: let 1 } }',
    "a case": "step a: switch input.id { case secrets.token { step b: let 1 } }",
    "a foreach": "step a: foreach x in [secrets.token] { step b: let x }",
    "a loop's carry": "step a: loop with acc = secrets.token until a.count > 1 max 2 { step b: let 1 }",
    "a loop's test": 'step a: loop until secrets.token == "x" max 2 { step b: let 1 }',
    "a wait": "step a: wait until secrets.token",
    "an event": 'step a: wait event "e" when event.x == secrets.token',
    "a key": "step a: call shop.get(id: 1) key secrets.token",
    "a yield": "step a: do { step b: let 1 yield secrets.token }",
    "a catch's yield": "step a: call shop.get(id: 1) catch { yield secrets.token }",
    "a return": "step a: return secrets.token",
    "a fail": 'step a: fail "x" with secrets.token',
    "a run": "step a: run other(x: secrets.token)",
    "a prompt": 'step a: agent "m" { prompt "${secrets.token}" }',
    "a system prompt": 'step a: agent "m" { system secrets.token prompt "x" }',
    "a model": 'step a: agent secrets.token { prompt "x" }',
    "a title": 'step a: approve by role "manager" { title "${secrets.token}" }',
    "a form": 'step a: approve by role "manager" { show order, secrets.token }',
    "an approver": "step a: approve by role secrets.token { }",
    "a compensation": "step a: call shop.set(x: 1) compensate { step b: let secrets.token }",
}


@pytest.mark.parametrize("steps", LEAKS.values(), ids=LEAKS.keys())
def test_a_secret_goes_nowhere_that_is_kept_or_shown(steps: str) -> None:
    (one,) = told("E403", steps)
    assert one.message.startswith("a secret must not go into ")


@pytest.mark.parametrize(
    "steps",
    [
        "step a: call shop.get(id: secrets.token)",
        'step a: call shop.get(headers: { Authorization: "Bearer ${secrets.token}" })',
        "step a: foreach x in input.amounts { step b: call shop.get(id: secrets.token) }",
        'step a: let "secrets"',
        "step a: let input.amounts.map(secrets, secrets)",
        "step a: let { secrets: 1 }.secrets",
    ],
)
def test_a_secret_goes_to_the_arguments_of_calls(steps: str) -> None:
    assert told("E403", steps) == []


@pytest.mark.parametrize(
    ("trigger", "count"),
    [
        ('webhook POST "/x" verify hmac_sha256(event, secrets.token)', 0),
        ('webhook POST "/x" verify hmac_sha256(event, secrets.token) with (id: secrets.token)', 1),
        ('event "e" when event.x == secrets.token', 1),
    ],
)
def test_a_trigger_verifies_with_a_secret_and_gives_it_to_nobody(trigger: str, count: int) -> None:
    text = f"workflow t {{ input {{ id: string }} secret token trigger t: {trigger} step a: let 1 }}"
    parsed = parse(text)
    assert parsed.diagnostics == ()
    assert len(list(leaked_secret.check(subject_of(parsed, CATALOG)))) == count
