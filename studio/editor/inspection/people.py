"""An approval as a form: who decides, what they are asked and shown, and what happens without a yes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dsl import tree
from dsl.catalog import Catalog
from studio.editor.inspection.field import Field, Section
from studio.editor.inspection.value import Around, value_field
from studio.editor.spelling import duration_in, plain_of, source

FAIL = "fail"
GO_ON = "go_on"


def approval_sections(kind: tree.Approve, catalog: Catalog, around: Around) -> Iterator[Section]:
    several = len(kind.approvers) > 1
    rows = tuple(
        replace(
            approver_field(f"expr:approvers[{index}]", approver, catalog, around),
            can=("drop",) if several else (),
        )
        for index, approver in enumerate(kind.approvers)
    )
    who = Field(
        "expr:approvers",
        "Who decides",
        control="rows",
        mode="plain",
        fields=rows,
        can=("add",),
        adds="Add somebody else",
        help="Any of them may decide." if several and not kind.quorum else "",
    )
    quorum = Field(
        "expr:quorum",
        "How many must say yes",
        "" if kind.quorum is None else str(kind.quorum),
        control="number",
        mode="plain",
        sort="integer",
        placeholder="1",
        default="1",
    )
    title = value_field("expr:title", "title", {"type": "string"}, kind.title, around, label="Question")
    title = replace(
        title,
        lines=2,
        placeholder="Refund ${order.total} to ${order.customer.name}?",
        help="What they are asked.",
    )
    show = Field(
        "expr:show",
        "What they are shown",
        control="rows",
        mode="plain",
        fields=tuple(
            Field(
                "expr:show",
                f"{index + 1}",
                source(one, around.text),
                at=(index,),
                source=source(one, around.text),
                problem=around.problem(one.span),
                read=True,
                can=("drop",),
            )
            for index, one in enumerate(kind.show)
        ),
        can=("add",),
        adds="Show something",
        help="" if kind.show else "Results of earlier steps, to decide by.",
    )
    yield Section("Approval", (who, quorum, title, show))
    yield Section("While they decide", tuple(_meanwhile(kind, catalog, around)))


def _meanwhile(kind: tree.Approve, catalog: Catalog, around: Around) -> Iterator[Field]:
    yield Field(
        "expr:within",
        "Answer within",
        duration_in(_line(kind, "within", around), kind.within_ms),
        control="duration",
        mode="plain",
        placeholder="3d",
        default="3 days",
    )
    yield _otherwise(
        "expr:on_reject", "If they say no", kind.on_reject, "reject", "The run fails, and is undone"
    )
    yield _otherwise(
        "expr:on_timeout", "If nobody answers", kind.on_timeout, "timeout", "The run fails, and is undone"
    )
    escalate = kind.escalate
    yield Field(
        "expr:escalate.after",
        "Ask somebody else too, after",
        "" if escalate is None else duration_in(_line(kind, "escalate", around), escalate.after_ms),
        control="duration",
        mode="plain",
        placeholder="Never",
    )
    if escalate is not None:
        yield replace(
            approver_field("expr:escalate.to", escalate.to, catalog, around), label="Whom to ask then"
        )


def _line(kind: tree.Approve, name: str, around: Around) -> str:
    return next((around.text[one.span.start : one.span.end] for one in kind.lines if one.name == name), "")


def _otherwise(key: str, label: str, block: tree.Block | None, slot: str, fails: str) -> Field:
    return Field(
        key,
        label,
        FAIL if block is None else GO_ON,
        control="select",
        mode="plain",
        options=(FAIL, GO_ON),
        labels=(fails, "Steps of its own, on the canvas"),
        required=True,
        can=() if block is None else ("open",),
        opens="" if block is None else slot,
    )


def approver_field(key: str, approver: tree.Approver, catalog: Catalog, around: Around) -> Field:
    """Role or person, and which."""
    known = sorted((catalog.roles if approver.by == "role" else catalog.users) or ())
    name = plain_of(approver.name, around.text, "text")
    listed = name is not None and (not known or name in known or approver.by == "user")
    written = source(approver.name, around.text)
    by = Field(
        f"{key}.by",
        "By",
        approver.by,
        control="select",
        mode="plain",
        options=("role", "user"),
        labels=("Anybody with the role", "This person"),
        required=True,
    )
    which = Field(
        key,
        "Role" if approver.by == "role" else "Person",
        name if listed and name is not None else written,
        control="select" if known and approver.by == "role" else "text",
        mode="plain" if listed else "expression",
        source=written,
        options=tuple(known),
        required=True,
        problem=around.problem(approver.name.span),
        placeholder="" if approver.by == "role" else "name@example.com",
        can=("fx",),
        read=True,
    )
    return Field(f"{key}.who", "Who", control="group", mode="plain", fields=(by, which), sort="pair")


def approver_text(by: str, name: str) -> str:
    return f"{by} {name}"
