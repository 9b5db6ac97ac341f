"""What the tests of this folder share: a catalog, examples, and a cursor written as ``¦``."""

from __future__ import annotations

from pathlib import Path
from random import Random

from dsl.assist import Completion, complete
from dsl.catalog import Catalog
from tests.dsl.texts import EXAMPLES, ROOT

CATALOG = Catalog.model_validate_json((ROOT / "examples" / "catalog.json").read_text(encoding="utf-8"))
FORMS = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted(Path(ROOT / "examples" / "forms").glob("*.weft"))
}
FORMS_CATALOG = Catalog.model_validate_json(
    (ROOT / "examples" / "forms" / "catalog.json").read_text(encoding="utf-8")
)
REFUND = EXAMPLES["refund"]
HEADER = REFUND[: REFUND.index("  step order")]
BODY = REFUND[: REFUND.index("  step done")]


def split(marked: str) -> tuple[str, int]:
    at = marked.index("¦")
    return marked[:at] + marked[at + 1 :], at


def offered(marked: str, catalog: Catalog = CATALOG) -> tuple[Completion, ...]:
    """The completions at the ``¦`` of a text."""
    text, at = split(marked)
    return complete(text, at, catalog)


def labels(marked: str, catalog: Catalog = CATALOG) -> list[str]:
    return [one.label for one in offered(marked, catalog)]


def chosen(marked: str, label: str, catalog: Catalog = CATALOG) -> str:
    """The text after choosing the completion of that label."""
    text, _ = split(marked)
    one = next(one for one in offered(marked, catalog) if one.label == label)
    return with_chosen(text, one)


def with_chosen(text: str, one: Completion) -> str:
    splices = [(one.span.start, one.span.end, one.insert)]
    splices += [(edit.span.start, edit.span.end, edit.text) for edit in one.edits]
    for start, end, new in sorted(splices, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def step(line: str, indent: str = "  ") -> str:
    """The refund workflow with one more line before its last step."""
    return f"{BODY}{indent}{line}\n{REFUND[len(BODY) :]}"


def mutated(text: str, random: Random) -> str:
    """A text with one thing wrong: a piece cut out, put in, doubled, or all that follows lost."""
    at = random.randrange(len(text) + 1)
    match random.randrange(5):
        case 0:
            return text[:at] + text[at + random.randrange(1, 12) :]
        case 1:
            return (
                text[:at]
                + random.choice(['"', "'", "{", "}", "(", ")", "${", '"""', "//", "\\", "\0", "é🙂"])
                + text[at:]
            )
        case 2:
            return text[:at]
        case 3:
            other = random.randrange(len(text) + 1)
            low, high = min(at, other), max(at, other)
            return text[:low] + text[high:]
        case _:
            return text[:at] + text[max(0, at - 30) :]
