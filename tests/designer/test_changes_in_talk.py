"""Edits over several turns: choices, corrections, the same again, undoing; and questions about what is there."""

from __future__ import annotations

import time

import pytest

from studio.designer.builtin import answer
from studio.designer.proving import proved_as_it_is
from studio.designer.writing import Outcome, Said, Task, Turn, Written
from tests.designer.after import After
from tests.designer.open_workflows import ALL, REFUNDS, Open


def talk(base: Open, *messages: tuple[str, str] | str, text: str | None = None) -> list[Outcome]:
    """The answers to messages, one after the other; a message with a state says what became of its proposal."""
    editor = base.text if text is None else text
    turns: list[Turn] = []
    found: list[Outcome] = []
    for message in messages:
        words, state = message if isinstance(message, tuple) else (message, "open")
        outcome = answer(Task(words, base.catalog, editor, tuple(turns)))
        found.append(outcome)
        turns.append(Turn("user", words))
        match outcome:
            case Said(said):
                turns.append(Turn("assistant", said))
            case Written(new, summary):
                assert proved_as_it_is(new, base.catalog).sound
                turns.append(Turn("assistant", summary, new, state, editor))
                editor = new if state == "accepted" else editor
    return found


def written(outcome: Outcome, base: Open) -> After:
    assert isinstance(outcome, Written), outcome
    return After(base, outcome.text)


def limit(after: After) -> str:
    return after.field("config", "threshold").rpartition(" ")[2]


def mails(after: After) -> int:
    return len(after.calls("mail.send"))


def said(outcome: Outcome) -> str:
    assert isinstance(outcome, Said), outcome
    return outcome.text


@pytest.mark.parametrize("reply", ["the second one", "2", "the last one", "10000"])
def test_a_choice_is_asked_about_and_a_short_reply_picks(reply: str) -> None:
    base = ALL["payments"]
    asked, done = talk(base, "raise the limit to 2500", reply)
    assert "1000" in said(asked) and "10000" in said(asked)
    after = written(done, base)
    assert "> 1000.0" in after.source("big") and "> 2500.0" in after.source("huge")


def test_two_approvals_are_told_apart_by_who_is_asked() -> None:
    base = ALL["payments"]
    asked, done = talk(base, "remove the approval", "the cfo's")
    assert "accountant" in said(asked) and "chief" in said(asked)
    assert "chief" not in written(done, base).ids()


def test_a_yes_takes_what_was_offered() -> None:
    base = ALL["holidays"]
    asked, done = talk(base, "remove the balance", "yes")
    assert "Shall I" in said(asked)
    assert "balance" not in written(done, base).ids()


def test_an_open_proposal_is_refined() -> None:
    last = written(talk(REFUNDS, "raise the limit to 250", "ask finance instead")[-1], REFUNDS)
    assert last.field("config", "threshold").endswith("250.0")
    assert last.roles("approval") == ["finance_manager"]


def test_a_rejected_proposal_is_not_built_upon() -> None:
    last = written(talk(REFUNDS, ("raise the limit to 250", "rejected"), "ask finance instead")[-1], REFUNDS)
    assert last.field("config", "threshold").endswith("100.0")
    assert last.roles("approval") == ["finance_manager"]


def test_an_open_proposal_for_another_text_is_left_out_and_said() -> None:
    turns = (
        Turn("user", "raise the limit to 250"),
        Turn("assistant", "Done.", REFUNDS.text.replace("100.0", "250.0"), "open", "workflow other {}"),
    )
    found = answer(Task("ask finance instead", REFUNDS.catalog, REFUNDS.text, turns))
    assert isinstance(found, Written)
    assert "100.0" in found.text
    assert any("left out" in q for q in found.questions)


@pytest.mark.parametrize(
    "words",
    ["undo that", "go back to how it was", "no, leave it as it was", "revert the last change", "never mind"],
)
def test_undoing_takes_back_the_last_open_proposal_only(words: str) -> None:
    back = talk(REFUNDS, "raise the limit to 250", "ask finance instead", words)[-1]
    after = written(back, REFUNDS)
    assert after.field("config", "threshold").endswith("250.0")
    assert after.roles("approval") == ["manager"]


def test_undoing_twice_leaves_nothing_and_the_next_change_starts_from_the_editor() -> None:
    *_, gone, last = talk(REFUNDS, "raise the limit to 250", "undo that", "give them 3 days")
    assert "nothing of it was in the workflow" in said(gone)
    after = written(last, REFUNDS)
    assert after.field("config", "threshold").endswith("100.0")


def test_undoing_after_accepting_proposes_the_text_before() -> None:
    back = talk(REFUNDS, ("raise the limit to 250", "accepted"), "undo that")[-1]
    assert isinstance(back, Written)
    assert back.text == REFUNDS.text


def test_undoing_does_not_throw_away_what_was_typed_since() -> None:
    turns = (
        Turn("user", "raise the limit to 250"),
        Turn("assistant", "Done.", REFUNDS.text.replace("100.0", "250.0"), "accepted", REFUNDS.text),
    )
    typed = REFUNDS.text.replace("100.0", "250.0").replace("timeout 10s", "timeout 11s")
    assert "Ctrl+Z" in said(answer(Task("undo that", REFUNDS.catalog, typed, turns)))


@pytest.mark.parametrize(
    ("first", "second", "check"),
    [
        ("raise the limit to 250", "no, 300", lambda a: limit(a) == "300.0"),
        ("raise the limit to 250", "make it 300 instead", lambda a: limit(a) == "300.0"),
        ("give them 2 days", "no, 4 days", lambda a: a.gate("approval").within_ms == 4 * 86_400_000),
        ("remove the eligibility check", "no, the mail", lambda a: "notify" not in a.ids()),
        ("time out the refund after 20 s", "and retry it 4 times", lambda a: "retry 4" in a.source("refund")),
        ("skip the approval for small amounts", "under 200 euros", lambda a: limit(a) == "200.0"),
        ("tell the customer when it is refused", "and the same when nobody answers", lambda a: mails(a) == 3),
    ],
)  # fmt: skip
def test_a_message_can_hang_on_the_one_before(first: str, second: str, check: object) -> None:
    after = written(talk(REFUNDS, first, second)[-1], REFUNDS)
    assert callable(check) and check(after), after.text


def test_the_same_is_done_once_more_elsewhere() -> None:
    base = ALL["payments"]
    after = written(talk(base, "retry the invoice 3 times", "and the same for the match")[-1], base)
    assert "retry 3" in after.source("invoice") and "retry 3" in after.source("matched")


def test_several_edits_in_one_message_are_all_made() -> None:
    after = written(
        answer(
            "Raise the limit to 250, ask finance instead and give them 2 days.", REFUNDS.catalog, REFUNDS.text
        ),
        REFUNDS,
    )
    assert after.field("config", "threshold").endswith("250.0")
    assert after.roles("approval") == ["finance_manager"]
    assert after.gate("approval").within_ms == 2 * 86_400_000


def test_of_a_mix_the_possible_is_proposed_and_the_rest_is_said() -> None:
    found = answer(
        "Please raise the limit to 250 and fly to the moon. Also rename notify to goodbye, and remove the approval.",
        REFUNDS.catalog,
        REFUNDS.text,
    )
    after = written(found, REFUNDS)
    assert after.field("config", "threshold").endswith("250.0") and "goodbye" in after.ids()
    assert "approval" in after.ids()
    assert isinstance(found, Written)
    assert any("fly to the moon" in q for q in found.questions)
    assert any("nobody has approved it" in q for q in found.questions)


def test_a_remark_beside_a_request_is_no_request() -> None:
    found = answer(
        "Hi! Could you take out the mail? It's a bit noisy, people have complained.",
        REFUNDS.catalog,
        REFUNDS.text,
    )
    assert "notify" not in written(found, REFUNDS).ids()
    assert isinstance(found, Written) and found.questions == ()


def test_slips_of_the_fingers_are_mended_but_quoted_text_is_not() -> None:
    after = written(
        answer(
            'ask the finence manager insted and change the subject to "insted"', REFUNDS.catalog, REFUNDS.text
        ),
        REFUNDS,
    )
    assert after.roles("approval") == ["finance_manager"]
    assert 'subject: "insted"' in after.text


@pytest.mark.parametrize(
    ("name", "question", "words"),
    [
        ("refunds", "what does it do?", ("manager", "Process refund")),
        (
            "refunds",
            "what happens if the customer is not eligible?",
            ("not eligible", "Nothing is changed outside"),
        ),
        ("refunds", "What if the refund fails?", ("5 times", "fails with")),
        ("refunds", "what happens if it is rejected?", ("`rejected`",)),
        ("refunds", "who has to approve?", ("manager", "over the threshold")),
        ("refunds", "is it safe?", ("shop.process_refund",)),
        ("refunds", "why is there a warning?", ("nothing to warn",)),
        ("refunds", "what is the limit?", ("100.0",)),
        ("refunds", "which tools does it use?", ("shop.get_order",)),
        ("payments", "when does it run?", ("02:00", "Europe/Berlin")),
        ("payments", "what happens when nobody answers?", ("`expired`",)),
        ("outages", "what starts it?", ("alert.raised",)),
        ("holidays", "what happens if the team lead says no?", ("hr.decline_leave_request",)),
        ("goods", "what does the report step do?", ("Mail",)),
        ("sales", "what does it need to start?", ("lead_id",)),
    ],
)
def test_a_question_is_answered_in_words_and_changes_nothing(
    name: str, question: str, words: tuple[str, ...]
) -> None:
    base = ALL[name]
    told = said(answer(question, base.catalog, base.text))
    assert all(word in told for word in words), told


def test_a_hundred_steps_are_changed_within_a_second() -> None:
    steps = "\n".join(
        f'  step read_{n}: call stock.check_stock(sku: "{n}")\n    timeout 10s' for n in range(99)
    )
    text = (
        'workflow long {\n  use stock: mcp "stock"\n  use mail: mcp "mail"\n\n'
        + steps
        + '\n  step report: call mail.send(to: "a@example.com", subject: "s", body: "b")\n    timeout 10s\n}\n'
    )
    catalog = ALL["goods"].catalog
    answer("rename report to summary", catalog, text)
    for words in (
        "remove the report",
        "retry the report twice",
        "wait a day before the report",
        "move the report first",
    ):
        began = time.perf_counter()
        answer(words, catalog, text)
        assert time.perf_counter() - began < 3, words
