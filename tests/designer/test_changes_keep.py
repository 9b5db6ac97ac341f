"""Whatever is asked of whatever text: a proposal holds and leaves the rest alone, or words are said."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dsl
from dsl.catalog import Catalog
from dsl.changes import changes
from dsl.outline import Place, places
from studio.designer.builtin import answer
from studio.designer.proving import proved_as_it_is
from studio.designer.writing import Said, Written
from tests.designer.open_workflows import ALL, Open
from tests.designer.words_for_people import PEOPLE
from tests.designer.words_for_places import PLACES
from tests.designer.words_for_the_rest import REST
from tests.dsl.programs import any_program

_ROOT = Path(__file__).parents[2]
_SHOP = Catalog.model_validate_json((_ROOT / "examples" / "catalog.json").read_bytes())
_FORMS = Catalog.model_validate_json((_ROOT / "examples" / "forms" / "catalog.json").read_bytes())
_TEMPLATES = _ROOT / "studio" / "workflows" / "templates"
TEXTS = [
    *ALL.values(),
    *(Open(p.read_text(encoding="utf-8"), _SHOP) for p in sorted((_ROOT / "examples").glob("*.weft"))),
    *(Open(p.read_text(encoding="utf-8"), _SHOP) for p in sorted(_TEMPLATES.glob("*.weft"))),
    *(
        Open(p.read_text(encoding="utf-8"), _FORMS)
        for p in sorted((_ROOT / "examples" / "forms").glob("*.weft"))
    ),
]
WORDS = [words for _, all_words, _ in (*PLACES, *PEOPLE, *REST) for words in all_words]
requests = st.one_of(
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map(", and ".join),
    st.text(max_size=60),
)


def own_text(text: str, place: Place) -> list[str]:
    """A step's lines without their indentation: blocks that come around it move it to the right."""
    return [line.strip() for line in text[place.step.span.start : place.step.span.end].splitlines()]


def untouched(before: str, after: str, catalog: Catalog) -> bool:
    """Whether every step that no change speaks of, nor of a step in it, is written as it was."""
    old, new = dsl.parse(before), dsl.parse(after)
    found = changes(old, new, catalog).changes
    spoken = {c.old for c in found if c.old} | {c.new for c in found if c.new}
    removed = {c.old for c in found if c.kind == "step_removed" and c.old}
    renamed = any(c.kind in ("step_renamed", "head_changed") for c in found)
    was = {p.path: p for p in places(old.workflow.body)}
    now = {p.step.id: own_text(after, p) for p in places(new.workflow.body)}
    for path, place in was.items():
        touched = any(s == path or s.startswith((f"{path}.", f"{path}~")) for s in spoken)
        moved_in = any(
            p.container.startswith(f"{path}/") for p in places(new.workflow.body) if p.path not in was
        )
        gone = any(path.startswith((f"{r}.", f"{r}~")) for r in removed)
        if touched or moved_in or renamed or gone:
            continue
        if now.get(place.step.id) != own_text(before, place):
            return False
    return True


def test_a_step_written_otherwise_is_seen() -> None:
    base = TEXTS[0]
    assert untouched(base.text, base.text, base.catalog)
    spaced = base.text.replace("amount: order.total,", "amount:   order.total,")
    assert spaced != base.text and not untouched(base.text, spaced, base.catalog)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(TEXTS), requests)
def test_a_proposal_holds_and_leaves_the_rest_as_it_was(base: Open, request: str) -> None:
    found = answer(request, base.catalog, base.text)
    if isinstance(found, Said):
        assert found.text.strip()
        return
    assert proved_as_it_is(found.text, base.catalog).sound
    if not any("takes the place of everything" in q for q in found.questions):
        assert untouched(base.text, found.text, base.catalog), (request, found.text)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**6), requests)
def test_any_program_is_changed_soundly_or_talked_about(seed: int, request: str) -> None:
    text = any_program(seed)
    found = answer(request, _SHOP, text)
    if isinstance(found, Written):
        assert proved_as_it_is(found.text, _SHOP).sound
    else:
        assert found.text.strip()
