"""The document: one text, many writers, one undo a gesture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dsl import Placement, Spot
from dsl.edits import RemoveStep, RenameStep
from studio.editor.document import Change, Document, NewText, Place, Refused, Tidy, Typed, in_a_row
from studio.editor.history import UNDO_STEPS
from studio.editor.splice import Splice, beside, difference, transposed

TEXT = """workflow demo {
  input { name: string }

  step hello: let "Hello ${input.name}"

  step done: return { said: hello }
}
"""


def typed(document: Document, at: int, text: str, gesture: str = "", end: int | None = None) -> Document:
    after = document.apply(
        Change("text", document.revision, Typed(at, at if end is None else end, text), gesture)
    )
    assert isinstance(after, Document)
    return after


def as_document(outcome: Document | Refused) -> Document:
    assert isinstance(outcome, Document), outcome
    return outcome


def test_a_change_gives_a_new_document_and_leaves_the_old_one_as_it_was() -> None:
    before = Document.open("ab")
    after = typed(before, 1, "x")
    assert (before.text, before.revision) == ("ab", 0)
    assert (after.text, after.revision) == ("axb", 1)


def test_undo_goes_back_across_writers_one_gesture_at_a_time() -> None:
    document = typed(Document.open(TEXT), 0, "// by hand\n")
    renamed = document.apply(Change("canvas", document.revision, RenameStep(path="hello", id="greeting")))
    assert isinstance(renamed, Document)
    proposed = renamed.apply(Change("chat", renamed.revision, NewText("workflow other {\n}\n")))
    assert isinstance(proposed, Document)
    assert proposed.undo().text == renamed.text
    assert proposed.undo().undo().text == document.text
    assert proposed.undo().undo().undo().text == TEXT
    assert proposed.undo().undo().redo().redo().text == proposed.text


def test_an_edit_that_cannot_be_made_is_refused_with_a_message_and_changes_nothing() -> None:
    document = Document.open(TEXT)
    refused = document.apply(Change("canvas", 0, RemoveStep(path="nobody")))
    assert isinstance(refused, Refused)
    assert "nobody" in refused.message


def test_a_change_that_leaves_the_text_as_it_is_is_not_a_deed() -> None:
    document = Document.open(TEXT)
    assert document.apply(Change("chat", 0, NewText(TEXT))) is document


def test_a_burst_of_typing_is_one_undo() -> None:
    document = Document.open("")
    for n, letter in enumerate("hello"):
        document = typed(document, n, letter, gesture="burst-1")
    document = typed(document, 5, "!", gesture="burst-2")
    assert document.undo().text == "hello"
    assert document.undo().undo().text == ""


def test_typing_after_an_undo_is_a_deed_of_its_own() -> None:
    document = typed(typed(Document.open(""), 0, "a", "g"), 1, "b", "h").undo()
    document = typed(document, 1, "c", "g")
    assert document.undo().text == "a"
    assert document.redo() is document


def test_line_ends_become_plain_newlines() -> None:
    assert Document.open("a\r\nb\rc").text == "a\nb\nc"


def test_what_was_typed_for_an_older_revision_is_carried_over_what_happened_since() -> None:
    document = Document.open("one two three")
    ahead = typed(document, 0, "zero ")
    late = ahead.apply(Change("text", 0, Typed(13, 13, "!")))
    assert isinstance(late, Document)
    assert late.text == "zero one two three!"


def test_where_two_writers_touch_one_place_the_typed_text_wins_and_the_other_is_one_undo_away() -> None:
    document = Document.open("total > 100")
    ahead = document.apply(Change("canvas", 0, NewText("total > 200")))
    assert isinstance(ahead, Document)
    late = ahead.apply(Change("text", 0, Typed(8, 11, "50")))
    assert isinstance(late, Document)
    assert late.text == "total > 50"
    assert late.undo().text == "total > 200"


def test_a_change_for_a_revision_that_is_not_remembered_is_refused() -> None:
    document = Document.open("a")
    assert isinstance(document.apply(Change("text", 5, Typed(0, 0, "x"))), Refused)
    assert isinstance(document.apply(Change("text", -1, Typed(0, 0, "x"))), Refused)


def test_a_place_outside_the_text_is_refused() -> None:
    assert isinstance(Document.open("abc").apply(Change("text", 0, Typed(2, 9, "x"))), Refused)


def test_only_the_last_deeds_can_be_undone() -> None:
    document = Document.open("")
    for n in range(UNDO_STEPS + 20):
        document = typed(document, n, "x")
    for _ in range(UNDO_STEPS + 20):
        document = document.undo()
    assert document.text == "x" * 20


def test_putting_steps_somewhere_is_a_deed_beside_the_text_that_follows_it() -> None:
    placed = Document.open(TEXT).apply(Change("canvas", 0, Place({"hello": Spot(x=40, y=200, note="Hi")})))
    assert isinstance(placed, Document)
    assert (placed.text, placed.revision) == (TEXT, 1)
    renamed = placed.apply(Change("canvas", 1, RenameStep(path="hello", id="greeting")))
    assert isinstance(renamed, Document)
    assert renamed.placement == Placement(spots={"greeting": Spot(x=40, y=200, note="Hi")})
    assert renamed.undo().placement == placed.placement
    assert renamed.undo().undo().placement == Placement()
    assert renamed.undo().undo().redo().redo().placement == renamed.placement


def test_a_placed_step_that_goes_into_a_row_again_is_one_deed() -> None:
    spots = {"hello": Spot(x=40, y=200, note="Hi")}
    document = Document.open(TEXT, placement=Placement(spots=spots))
    edit = RenameStep(path="hello", id="greeting")
    done = as_document(
        document.apply(Change("canvas", 0, edit, spots=in_a_row(document, ("hello", "other"))))
    )
    assert done.placement == Placement(spots={"greeting": Spot(note="Hi")})
    back = as_document(done.undo())
    assert (back.text, back.placement) == (document.text, document.placement)
    again = as_document(back.redo())
    assert (again.text, again.placement) == (done.text, done.placement)


def test_tidying_takes_places_back_but_keeps_notes_and_is_one_undo() -> None:
    spots = {"a": Spot(x=1, y=2, note="why"), "b": Spot(x=3, y=4)}
    document = Document.open(TEXT, placement=Placement(spots=spots))
    tidied = document.apply(Change("canvas", 0, Tidy()))
    assert isinstance(tidied, Document)
    assert tidied.placement == Placement(spots={"a": Spot(note="why")})
    assert tidied.undo().placement == document.placement
    only = document.apply(Change("canvas", 0, Tidy(("b",))))
    assert isinstance(only, Document)
    assert only.placement == Placement(spots={"a": spots["a"]})


def by(document: Document, author: str, at: int, text: str, end: int | None = None, **more: Any) -> Document:
    base = more.pop("base", document.revision)
    body = Typed(at, at if end is None else end, text)
    return as_document(document.apply(Change("text", base, body, author=author, **more)))


def test_undo_takes_back_the_last_deed_of_whoever_asks_over_what_others_did_since() -> None:
    document = by(
        by(by(Document.open("one two three"), "ann", 0, "zero "), "bob", 18, " four"), "ann", 8, "!"
    )
    assert document.text == "zero one! two three four"
    back = as_document(document.undo("bob"))
    assert back.text == "zero one! two three"
    back = as_document(as_document(back.undo("ann")).undo("ann"))
    assert back.text == "one two three"
    assert as_document(as_document(back.redo("ann")).redo("bob")).text == "zero one two three four"


def test_an_undo_of_what_another_has_changed_since_is_refused_until_they_undo_theirs() -> None:
    document = by(by(Document.open("a b"), "ann", 1, " hello"), "bob", 3, "E", end=4)
    assert document.text == "a hEllo b"
    refused = document.undo("ann")
    assert isinstance(refused, Refused) and "Somebody else" in refused.message
    assert as_document(as_document(document.undo("bob")).undo("ann")).text == "a b"


def test_a_deed_of_nobody_can_be_undone_by_anybody() -> None:
    document = as_document(Document.open("a").apply(Change("restore", 0, NewText("b"))))
    assert document.can_undo("ann") and not document.can_redo("ann")
    back = as_document(document.undo("ann"))
    assert (back.text, back.can_redo("ann"), back.can_redo("bob")) == ("a", True, False)


def test_two_people_who_type_at_one_place_keep_both_and_a_burst_stays_one_undo() -> None:
    document = Document.open("()")
    for n, letter in enumerate("abc"):
        document = by(document, "ann", document.text.index(")"), letter, gesture="burst")
        document = by(document, "bob", 1, str(n), gesture="other burst")
    assert document.text == "(210abc)"
    assert as_document(document.undo("ann")).text == "(210)"
    late = by(by(Document.open("()"), "ann", 1, "a"), "bob", 1, "b", base=0)
    assert late.text == "(ab)"


def test_what_was_typed_into_something_that_was_taken_out_stays() -> None:
    document = by(Document.open("keep [this part] too"), "ann", 5, "", end=16)
    late = by(document, "bob", 10, "NEW", base=0)
    assert late.text == "keep NEW too"
    assert as_document(late.undo("ann")).text == "keep NEW[this part] too"


@given(st.text("abc", min_size=8, max_size=8), st.data())
def test_two_changes_can_be_made_in_either_order_where_they_do_not_build_on_each_other(
    text: str, data: st.DataObject
) -> None:
    def splice(over: str) -> Splice:
        start = data.draw(st.integers(0, len(over)))
        end = data.draw(st.integers(start, len(over)))
        return Splice(start, over[start:end], data.draw(st.text("xy", max_size=3)))

    first = splice(text)
    then = splice(first.apply(text))
    pair = transposed(first, then)
    if pair is not None:
        assert pair[1].apply(pair[0].apply(text)) == then.apply(first.apply(text))
    one, other = splice(text), splice(text)
    both = beside(one, other)
    if both is not None:
        assert both[0].apply(other.apply(text)) == both[1].apply(one.apply(text))


@dataclass
class Writer:
    """A text pane far away: what it holds of the document, and what it typed since."""

    name: str
    revision: int = 0
    synced: str = ""
    shown: str = ""


class Together(RuleBasedStateMachine):
    """Two writers who hear of each other late, and undo and redo meanwhile. Every letter typed is another one."""

    def __init__(self) -> None:
        super().__init__()
        self.document = Document.open("start end")
        self.writers = [Writer(name, 0, "start end", "start end") for name in ("ann", "bob")]
        self.letters = 0x4E00
        self.typed: set[str] = set()

    @rule(data=st.data(), who=st.integers(0, 1), fresh=st.integers(0, 3))
    def type(self, data: st.DataObject, who: int, fresh: int) -> None:
        writer = self.writers[who]
        start = data.draw(st.integers(0, len(writer.shown)))
        end = data.draw(st.integers(start, min(start + 3, len(writer.shown))))
        text = "".join(chr(self.letters + n) for n in range(fresh))
        self.letters += fresh
        writer.shown = writer.shown[:start] + text + writer.shown[end:]

    @rule(who=st.integers(0, 1))
    def send(self, who: int) -> None:
        writer = self.writers[who]
        one = difference(writer.synced, writer.shown)
        body = Typed(one.start, one.end, one.inserted)
        after = as_document(self.document.apply(Change("text", writer.revision, body, author=writer.name)))
        self.typed |= set(one.inserted) - set("start end")
        self.document = after
        writer.revision, writer.synced, writer.shown = after.revision, after.text, after.text

    @rule(who=st.integers(0, 1), again=st.booleans())
    def step_back(self, who: int, again: bool) -> None:
        self.send(who)
        name, before = self.writers[who].name, self.document
        outcome = before.redo(name) if again else before.undo(name)
        if isinstance(outcome, Document):
            self.document = outcome
            if not again:
                self.typed -= set(before.text) - set(outcome.text)

    @invariant()
    def nothing_that_was_typed_is_lost(self) -> None:
        """Unless its own author took it back, a letter is in the text, or undo or redo bring it there."""
        deeds = [*self.document.done, *(undone.deed for undone in self.document.undone)]
        there = self.document.text + "".join(deed.splice.removed + deed.splice.inserted for deed in deeds)
        assert self.typed <= set(there)

    def teardown(self) -> None:
        for who in (0, 1):
            self.send(who)
        document = self.document
        while document.done:
            before = document
            for name in ("ann", "bob"):
                outcome = document.undo(name)
                document = outcome if isinstance(outcome, Document) else document
            assert document is not before, "nobody can undo any more"
        assert document.text == "start end"


Together.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestTogether = Together.TestCase


class Lifecycle(RuleBasedStateMachine):
    """Any order of changes, undo and redo, against a plain list of texts."""

    def __init__(self) -> None:
        super().__init__()
        self.document = Document.open("start\n")
        self.past: list[str] = []
        self.future: list[str] = []
        self.seen = {0: "start\n"}

    def _record(self, after: Document) -> None:
        if after.text != self.document.text:
            self.past.append(self.document.text)
            self.future.clear()
        self.document = after
        self.seen[after.revision] = after.text

    @rule(data=st.data(), text=st.text(alphabet="xy\n😀", max_size=4))
    def type(self, data: st.DataObject, text: str) -> None:
        start = data.draw(st.integers(0, len(self.document.text)))
        end = data.draw(st.integers(start, len(self.document.text)))
        after = self.document.apply(Change("text", self.document.revision, Typed(start, end, text)))
        assert isinstance(after, Document)
        self._record(after)

    @rule(text=st.text(alphabet="ab \n", max_size=8), source=st.sampled_from(["chat", "restore", "paste"]))
    def replace(self, text: str, source: str) -> None:
        after = self.document.apply(Change(source, self.document.revision, NewText(text)))  # type: ignore[arg-type]
        assert isinstance(after, Document)
        self._record(after)

    @precondition(lambda self: self.past)
    @rule()
    def undo(self) -> None:
        self.future.append(self.document.text)
        self.document = as_document(self.document.undo())
        self.seen[self.document.revision] = self.document.text
        assert self.document.text == self.past.pop()

    @precondition(lambda self: self.future)
    @rule()
    def redo(self) -> None:
        self.past.append(self.document.text)
        self.document = as_document(self.document.redo())
        self.seen[self.document.revision] = self.document.text
        assert self.document.text == self.future.pop()

    @invariant()
    def remembers_the_last_revisions(self) -> None:
        first = self.document.revision - len(self.document.recent)
        for revision in range(first, self.document.revision + 1):
            assert self.document.at(revision) == self.seen[revision]


Lifecycle.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestLifecycle = Lifecycle.TestCase


@given(st.lists(st.text(alphabet="ab\n", max_size=6), min_size=1, max_size=20))
def test_undoing_everything_gives_the_first_text_and_redoing_everything_the_last(texts: list[str]) -> None:
    document = Document.open("first")
    for text in texts:
        after = document.apply(Change("chat", document.revision, NewText(text)))
        assert isinstance(after, Document)
        document = after
    last = document.text
    while document.done:
        document = document.undo()
    assert document.text == "first"
    while document.undone:
        document = document.redo()
    assert document.text == last
