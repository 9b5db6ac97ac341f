"""Clauses of a step as plain controls, and the clause in Weft that a changed control makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeVar

from dsl import tree
from dsl.literals import spell_string
from dsl.outline import Place
from studio.editor.inspection.field import Field, Section
from studio.editor.inspection.value import Around, value_field
from studio.editor.reading import Reading
from studio.editor.spelling import duration_in

CODES: Final = ("timeout", "unavailable", "rate_limited")
"""Errors of tools that another try may mend; offered where codes are asked for."""

_Clause = TypeVar("_Clause")


def clause_sections(place: Place, reading: Reading) -> Iterator[Section]:
    """Order, patience and failure: in a ``parallel`` what it waits for, then tries, catches and undoing."""
    step, around = place.step, Around(reading.text, reading.diagnostics)
    siblings = [
        other.step.id
        for other in reading.steps.values()
        if other.container == place.container and other.path != place.path
    ]
    if siblings and _in_parallel(place, reading):
        after = tuple(id for one in _all(step, tree.After) for id in one.ids)
        field = Field(
            "clause:after",
            "Waits for",
            control="picks",
            mode="plain",
            values=after,
            options=tuple(siblings),
            help="It starts when these are done; with none chosen it starts at once.",
        )
        yield Section("Order", (field,))
    calls = isinstance(step.kind, tree.Call | tree.RunWorkflow | tree.Agent)
    fields: list[Field] = []
    if calls:
        fields += [*_tries(step, around), _key(step, around)]
    fields += _catches(step)
    if calls:
        fields.append(_undoing(step))
    if calls or step.clauses:
        quiet = not any(not isinstance(clause, tree.After) for clause in step.clauses)
        yield Section("If it takes long or fails", tuple(fields), folded=quiet)


def _in_parallel(place: Place, reading: Reading) -> bool:
    owner, _, slot = place.container.rpartition("/")
    outer = reading.steps.get(owner)
    return outer is not None and slot == "body" and isinstance(outer.step.kind, tree.Parallel)


def _all(step: tree.Step, sort: type[_Clause]) -> list[_Clause]:
    return [clause for clause in step.clauses if isinstance(clause, sort)]


def _spelled(clause: tree.Clause, ms: int | None, text: str) -> str:
    return duration_in(text[clause.span.start : clause.span.end], ms)


def _tries(step: tree.Step, around: Around) -> Iterator[Field]:
    timeouts, retries = _all(step, tree.Timeout), _all(step, tree.Retry)
    retry = retries[0] if retries else None
    timeout = Field(
        "clause:timeout",
        "Give up after",
        _spelled(timeouts[0], timeouts[0].ms, around.text) if timeouts else "",
        control="duration",
        mode="plain",
        placeholder="30s",
    )
    times = Field(
        "clause:retry.times",
        "Try again",
        str(retry.max) if retry else "",
        control="number",
        mode="plain",
        sort="integer",
        placeholder="Never",
    )
    yield Field("clause:tries", "", control="group", mode="plain", fields=(timeout, times), sort="pair")
    if retry is None:
        return
    first = Field(
        "clause:retry.first",
        "First wait",
        _spelled(retry, retry.backoff_ms, around.text),
        control="duration",
        mode="plain",
        placeholder="1s",
    )
    longest = Field(
        "clause:retry.longest",
        "Longest wait",
        _spelled(retry, retry.backoff_max_ms, around.text),
        control="duration",
        mode="plain",
        placeholder="1m",
    )
    yield Field("clause:waits", "", control="group", mode="plain", fields=(first, longest), sort="pair")
    yield Field(
        "clause:retry.on",
        "On these errors",
        control="chips",
        mode="plain",
        values=retry.codes,
        options=CODES,
        placeholder="Any that may pass",
        help="The wait doubles with each try.",
    )


def _key(step: tree.Step, around: Around) -> Field:
    keys = _all(step, tree.Key)
    field = value_field(
        "clause:key",
        "key",
        {"type": "string"},
        keys[0].value if keys else None,
        around,
        label="Only once for",
    )
    return replace(
        field,
        placeholder="refund-${order.id}",
        help="With the same key it is never done twice, whatever happens in between.",
    )


def _catches(step: tree.Step) -> Iterator[Field]:
    rows = []
    for index, clause in enumerate(_all(step, tree.Catch)):
        key = f"clause:catch{index}"
        codes = Field(
            f"{key}.codes",
            "On these errors",
            control="chips",
            mode="plain",
            values=clause.codes,
            options=CODES,
            placeholder="Any error",
        )
        name = Field(
            f"{key}.variable",
            "Call the error",
            clause.variable or "",
            control="code",
            mode="plain",
            placeholder="problem",
            help="Steps on this way read its message and its code.",
        )
        rows.append(
            Field(
                key,
                f"Way {index + 1}",
                control="group",
                mode="plain",
                fields=(codes, name),
                can=("drop", "open"),
                opens=f"catch{index}",
                sort="bare",
            )
        )
    yield Field(
        "clause:catch",
        "When it fails, go on another way",
        control="rows",
        mode="plain",
        fields=tuple(rows),
        can=("add",),
        adds="Add a way for errors",
        help="" if rows else "Without one the run fails, unless something around this step catches it.",
    )


def _undoing(step: tree.Step) -> Field:
    there = bool(_all(step, tree.Compensate))
    row = Field(
        "clause:compensate.0",
        "Undo it with steps",
        control="group",
        mode="plain",
        can=("drop", "open"),
        opens="compensate",
    )
    return Field(
        "clause:compensate",
        "When a later step fails, undo it",
        control="rows",
        mode="plain",
        fields=(row,) if there else (),
        can=() if there else ("add",),
        adds="Add steps that undo it",
    )


def clause_text(step: tree.Step, name: str, value: str, values: tuple[str, ...], text: str) -> str | None:
    """The clause that this control makes, without its keyword; None takes it out. Raises KeyError for another."""
    part = name.partition(".")[2]
    match name.partition(".")[0], part:
        case "after", "":
            return ", ".join(values) or None
        case "timeout" | "retry" | "key", "":
            return value.strip() or None
        case "retry", _:
            return _retry(step, part, value.strip(), values, text)
        case word, "codes" | "variable" if word.startswith("catch"):
            return _catch(step, int(word[5:] or 0), part, value.strip(), values, text)
    raise KeyError(name)


def _retry(step: tree.Step, part: str, value: str, values: tuple[str, ...], text: str) -> str | None:
    found = _all(step, tree.Retry)
    was = found[0] if found else None
    times = str(was.max) if was else ""
    first = "" if was is None else _spelled(was, was.backoff_ms, text)
    longest = "" if was is None else _spelled(was, was.backoff_max_ms, text)
    codes = was.codes if was else ()
    match part:
        case "times":
            times = "" if value == "0" else value
        case "first":
            first = value
        case "longest":
            longest = value
        case "on":
            codes = values
        case _:
            raise KeyError(part)
    if not times:
        return None
    said = times
    if longest and not first:
        first = "1s"
    if first:
        said += f" backoff {first}" + (f" to {longest}" if longest else "")
    if codes:
        said += " on " + ", ".join(map(spell_string, codes))
    return said


def _catch(step: tree.Step, index: int, part: str, value: str, values: tuple[str, ...], text: str) -> str:
    clause = _all(step, tree.Catch)[index]
    codes = values if part == "codes" else clause.codes
    variable = value if part == "variable" else clause.variable or ""
    words = ["catch", ", ".join(map(spell_string, codes)), f"as {variable}" if variable else ""]
    block = text[clause.block.span.start : clause.block.span.end]
    return " ".join(word for word in [*words, block] if word)


def fresh_catch(step: tree.Step, indent: str) -> tuple[str, str]:
    """The name and the text of one more catch."""
    count = len(_all(step, tree.Catch))
    return f"catch{count}", f"catch as {'problem' if count == 0 else f'problem_{count + 1}'} {{\n{indent}}}"
