"""E403: a secret goes where it is kept or shown.

What: an expression reads `secrets` in a place that is stored with the run, shown to somebody or given to a model: a
prompt, the form of an approval, a `let`, a condition, a `key`, a result, what another workflow gets.
Why: whoever sees the run, its history or the model's provider would see the secret, and for as long as that is kept.
Fix: give the secret to a call's argument, or to the `verify` of a trigger, right where it is needed; nowhere else.

No name can carry a secret further, because giving it to a name is refused already: the result of a `let`, the items
of a `foreach`, the carry of a `loop`, the inputs that a trigger gives. What a tool answers is not looked at.

Bad:
    workflow stock {
      use http: mcp "http"
      secret warehouse_token

      step header: let "Bearer ${«secrets».warehouse_token}"
      step ask: approve by role "manager" {
        title "Ask the warehouse?"
        show "the stock of everything"
        within 24h
      }
      step stock: call http.request(
        method: "GET",
        url: "https://warehouse.example/stock",
        headers: { Authorization: header },
      )
        timeout 30s
    }
Good:
    workflow stock {
      use http: mcp "http"
      secret warehouse_token

      step ask: approve by role "manager" {
        title "Ask the warehouse?"
        show "the stock of everything"
        within 24h
      }
      step stock: call http.request(
        method: "GET",
        url: "https://warehouse.example/stock",
        headers: { Authorization: "Bearer ${secrets.warehouse_token}" },
      )
        timeout 30s
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from dsl import tree
from dsl.cel.source import bound_variable, children
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.outline import slots


def check(subject: Subject) -> Iterator[Diagnostic]:
    if "secrets" not in subject.text:
        return
    steps = {place.path: place.step for place in subject.places}
    calls = [step.kind for step in steps.values() if isinstance(step.kind, tree.Call)]
    allowed = {id(arg.value) for call in calls for arg in call.args}
    for site in subject.scopes.sites:
        if site.role == "verify" or id(site.expression) in allowed or "secrets" not in site.names:
            continue
        name = _read(site.expression)
        if name is None:
            continue
        where = "what a trigger gives" if site.step is None else _where(steps[site.step], site.expression)
        yield Diagnostic(
            "E403",
            "error",
            f"a secret must not go into {where}",
            name.span,
            "secrets may only be given to the arguments of a `call` and to the `verify` of a trigger: "
            "write `secrets.` and its name there",
            site.step,
            None,
            () if site.step is None else (site.step,),
        )


def _read(expression: tree.Expr) -> tree.Name | None:
    """Where an expression reads the secrets, whole or one of them."""
    if isinstance(expression, tree.Name):
        return expression if expression.id == "secrets" else None
    parts = children(expression)
    if bound_variable(expression) == "secrets":
        parts = parts[:1]  # the rest calls something else by that name
    return next((found for part in parts if (found := _read(part)) is not None), None)


def _where(step: tree.Step, expression: tree.Expr) -> str:
    """What of a step an expression is, in words."""
    name = f"`{step.id}`"
    for clause in step.clauses:
        if isinstance(clause, tree.Key) and clause.value is expression:
            return f"the key of {name}: it is kept with the run"
    if any(slot.block.result is expression for slot in slots(step)):
        return f"the result of {name}: it is kept with the run"
    match step.kind:
        case tree.Agent(system=system, prompt=prompt):
            if expression is system or expression is prompt:
                return f"the prompt of {name}: the model would read it"
            return f"what the agent {name} is started with"
        case tree.Approve(title=title, show=show):
            if expression is title or any(expression is one for one in show):
                return f"the form of {name}: everybody who may answer would see it"
            return f"the names of those who may answer {name}"
        case tree.RunWorkflow():
            return f"what {name} gives to another workflow: it is kept with that run"
        case tree.Return():
            return f"the output that {name} returns"
        case tree.Fail():
            return f"the message of {name}: it is written to the log"
        case tree.Let():
            return f"the value of {name}: it is kept with the run"
        case tree.If() | tree.Switch() | tree.Loop() | tree.Wait():
            return f"a condition of {name}: what comes of it is kept with the run"
        case tree.Foreach():
            return f"the items of {name}: they are kept with the run"
        case tree.Call() | tree.Parallel() | tree.Do() | tree.Broken():
            return f"{name}: it is kept with the run"
        case _:
            assert_never(step.kind)
