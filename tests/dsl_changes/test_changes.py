"""What is different between two texts, as a person would say it, and what of it lowers safety."""

from __future__ import annotations

import pytest

import dsl
from dsl.changes.change import StepMoved, StepRetargeted, StepsUnwrapped, StepsWrapped
from tests.dsl_changes.texts import (
    CLAIMS,
    DUNNING,
    INVOICES,
    between,
    edited,
    only,
    replaced,
    said,
)


@pytest.mark.parametrize("text", [CLAIMS, INVOICES, DUNNING])
def test_a_text_differs_in_nothing_from_itself(text: str) -> None:
    found = between(text, text)
    assert found.same and not found.layout and said(found) == ["Nothing changed."]


@pytest.mark.parametrize("text", [CLAIMS, INVOICES, DUNNING])
def test_layout_alone_changes_nothing_in_meaning(text: str) -> None:
    loose = text.replace("\n  step", "\n\n\n    step").replace(", amount", ",\n amount")
    found = between(text, loose)
    assert found.same and found.changes == ()
    assert said(found) == ["Nothing changed in meaning: only the layout differs."]


def test_words_for_people_weigh_as_words() -> None:
    found = replaced(
        CLAIMS,
        ("/// Pay a travel claim back; above", "/// Pay a claim back. Above"),
        ("// Small claims go through", "// Small ones go through"),
        ("usd: 0.02", "usd: 0.03"),
    )
    assert found.same
    assert said(found) == [
        "The description of the workflow changed.",
        "The notes (`@...`) of `payment` changed.",
        "The comments changed.",
    ]


def test_a_limit_that_rises_is_said_with_what_it_takes_from_safety() -> None:
    change = only(replaced(CLAIMS, ("limit: float = 250.0", "limit: float = 400.0")))
    assert change.weight == "safety"
    assert change.sentence == "The limit rises from 250.00 to 400.00"
    assert change.risks == ("The approval `consent` is asked for less often",)


def test_a_limit_that_falls_is_no_loss() -> None:
    change = only(replaced(CLAIMS, ("limit: float = 250.0", "limit: float = 100.0")))
    assert (change.weight, change.sentence) == ("behaviour", "The limit falls from 250.00 to 100.00")


def test_a_condition_before_an_approval_is_compared_by_its_bound() -> None:
    looser = only(replaced(CLAIMS, ("claim.amount > config.limit", "claim.amount > 1000.0")))
    assert looser.sentence == (
        "`gate` now applies if the claim amount is over 1000; "
        "before, if the claim amount is over the limit (250)"
    )
    assert looser.risks == ("The approval `consent` is asked for less often",)
    tighter = only(replaced(CLAIMS, ("claim.amount > config.limit", "claim.amount > 10.0")))
    assert tighter.weight == "behaviour"
    more = only(replaced(CLAIMS, ("claim.amount > config.limit", "claim.amount > config.limit || !cover.ok")))
    assert more.weight == "behaviour"
    less = only(replaced(CLAIMS, ("claim.amount > config.limit", "claim.amount > config.limit && cover.ok")))
    assert less.risks == ("The approval `consent` is asked for less often",)


def test_an_end_that_is_reached_less_often_lets_more_runs_go_on() -> None:
    text = CLAIMS.replace("!cover.ok", "claim.amount > 5000.0")
    change = only(replaced(text, ("claim.amount > 5000.0", "claim.amount > 9000.0")))
    assert change.risks == ("More runs go on behind `uncovered`, to `payment`",)


def test_other_approvers_are_named() -> None:
    change = only(replaced(CLAIMS, ('by role "accountant"', 'by role "head_of_finance"')))
    assert change.kind == "approval_changed" and change.weight == "safety"
    assert change.sentence == "`consent` now waits for `head_of_finance` instead of `accountant`"
    wider = only(replaced(CLAIMS, ('by role "accountant"', 'by role "accountant", user "desk@example.com"')))
    assert wider.sentence == "`consent` can now also be approved by `desk@example.com`"
    assert wider.weight == "safety"
    found = edited(
        CLAIMS.replace('by role "accountant"', 'by role "accountant", user "desk@example.com"'),
        dsl.SetExpression(path="gate.consent", field="within", value="12h"),
    )
    assert said(found) == ["`consent` now waits 12 hours for an answer instead of 1 day."]


def test_fewer_yeses_lower_safety() -> None:
    two = CLAIMS.replace("      within 24h", "      quorum 2\n      within 24h")
    change = only(between(two, CLAIMS))
    assert change.sentence == "`consent` now needs one yes instead of 2 yeses"
    assert change.risks == ("Fewer people must say yes at `consent`",)
    assert only(between(CLAIMS, two)).weight == "behaviour"


def test_a_gate_that_is_taken_out_names_the_calls_that_no_longer_wait() -> None:
    change = only(edited(CLAIMS, dsl.RemoveStep(path="gate")))
    assert change.kind == "step_removed" and change.weight == "safety"
    assert change.sentence.startswith("`gate` was taken out, with 3 steps inside")
    assert change.risks == (
        "Nobody is asked at `consent` any more",
        "`payment`, `booking` and `tell` no longer wait for the approval `consent`",
    )


def test_a_call_that_is_moved_before_its_gate_is_one_change_that_says_so() -> None:
    change = only(edited(CLAIMS, dsl.MoveStep(path="payment", container="", before="gate")))
    assert isinstance(change, StepMoved) and not change.across
    assert change.sentence == "`payment` was moved between `uncovered` and `gate`"
    assert change.risks == ("`payment` no longer waits for the approval `consent`",)


def test_a_move_into_a_branch_is_one_change() -> None:
    change = only(edited(CLAIMS, dsl.MoveStep(path="tell", container="gate/then", before="consent")))
    assert isinstance(change, StepMoved) and change.across
    assert (change.old, change.new) == ("tell", "gate.tell")
    assert change.sentence == (
        "`tell` was moved into `gate` (if the claim amount is over the limit (250)), before `consent`"
    )


def test_a_rename_with_all_that_reads_the_step_is_one_change() -> None:
    found = edited(CLAIMS, dsl.RenameStep(path="claim", id="request"))
    change = only(found)
    assert (change.kind, change.weight) == ("step_renamed", "words")
    assert change.sentence == "`claim` is now called `request`" and found.same


def test_a_rename_of_a_block_leaves_what_is_in_it_alone() -> None:
    assert only(edited(CLAIMS, dsl.RenameStep(path="gate", id="check"))).kind == "step_renamed"
    assert only(edited(DUNNING, dsl.RenameStep(path="chase", id="rounds"))).kind == "step_renamed"


def test_other_names_of_connectors_and_variables_mean_the_same() -> None:
    assert replaced(INVOICES, ("foreach inv in", "foreach bill in")).meaning != ()
    renamed = INVOICES.replace("foreach inv in", "foreach bill in").replace("inv.", "bill.")
    assert between(INVOICES, renamed).same
    other = CLAIMS.replace("use bank:", "use money_box:").replace("bank.pay-out", "money_box.pay-out")
    other = other.replace("bank.call-back", "money_box.call-back")
    assert said(between(CLAIMS, other)) == [
        "The connector `bank` is now called `money_box` instead of `bank`."
    ]


def test_steps_that_are_put_into_a_block_are_wrapped() -> None:
    change = only(edited(CLAIMS, dsl.Wrap.model_validate({"paths": ("booking", "tell"), "in": "do"})))
    assert isinstance(change, StepsWrapped)
    assert change.steps == ("booking", "tell")
    assert "`booking` and `tell` are now inside the new step" in change.sentence
    wrapped = dsl.apply(CLAIMS, dsl.Wrap.model_validate({"paths": ("booking",), "in": "loop"})).text
    again = [one for one in between(CLAIMS, wrapped).changes if isinstance(one, StepsWrapped)]
    assert again[0].risks == ("`booking` may happen more than once",)
    back = [one for one in between(wrapped, CLAIMS).changes if isinstance(one, StepsUnwrapped)]
    assert back[0].steps == ("booking",)


def test_another_tool_is_a_new_target_and_a_new_effect() -> None:
    change = only(replaced(CLAIMS, ("call claims.check-cover(", "call claims.close_claim(")))
    assert isinstance(change, StepRetargeted)
    assert (change.was, change.now) == ("claims.check-cover", "claims.close_claim")
    assert change.sentence == "`cover` now calls `claims.close_claim` instead of `claims.check-cover`"
    assert change.risks == ("It can now call `claims.close_claim`, which changes things outside",)


def test_a_new_call_that_moves_money_is_told_before_everything_else() -> None:
    text = 'step extra: call bank.pay-out(claim_id: "1", amount: 1.0, iban: "x")\n    timeout 5s'
    new = dsl.apply(CLAIMS, dsl.AddStep(container="", before="claim", text=text)).text
    new = new.replace('note: string = "travel costs"', 'note: string = "costs"')
    found = between(CLAIMS, new)
    assert [change.kind for change in found.changes] == ["step_added", "head_changed"]
    assert found.changes[0].risks == (
        "`extra` calls `bank.pay-out`, which moves money, and nobody is asked before",
    )


@pytest.mark.parametrize(
    ("words", "now", "sentence", "weight"),
    [
        (
            "timeout 20s",
            "timeout 2m",
            "`booking` may now take 2 minutes at most instead of 20 seconds",
            "safety",
        ),
        (
            "timeout 20s",
            "timeout 5s",
            "`booking` may now take 5 seconds at most instead of 20 seconds",
            "behaviour",
        ),
        ('key "close-${claim.id}"\n    ', "", "`booking` no longer has a key", "safety"),
        (
            "retry 3 backoff 1s to 30s",
            "",
            "`booking` is no longer tried again (it was, up to 3 times)",
            "behaviour",
        ),
    ],
)
def test_a_clause_is_told_in_words(words: str, now: str, sentence: str, weight: str) -> None:
    change = only(replaced(CLAIMS, (words, now)))
    assert (change.sentence, change.weight) == (sentence, weight)


def test_an_effect_that_may_now_be_tried_again_lowers_safety_unless_it_is_idempotent() -> None:
    assert (
        only(replaced(CLAIMS, ("retry 3 backoff 1s to 30s", "retry 9 backoff 1s to 30s"))).weight
        == "behaviour"
    )
    unknown = CLAIMS.replace('"claims"', '"others"')
    more = unknown.replace("retry 3 backoff 1s to 30s", "retry 9 backoff 1s to 30s")
    assert only(between(unknown, more)).risks == ("`booking` may happen more than once",)


def test_what_is_no_longer_undone_lowers_safety() -> None:
    start = CLAIMS.index("    compensate {")
    end = CLAIMS.index("  step booking")
    found = between(CLAIMS, CLAIMS[:start].rstrip() + "\n\n" + CLAIMS[end:])
    assert found.changes[0].weight == "safety"
    assert "`payment` is no longer undone when a later step fails." in said(found)


def test_arguments_are_compared_by_name_not_by_order() -> None:
    swapped = (
        "claim_id: claim.id, amount: claim.amount, iban:",
        "amount: claim.amount, claim_id: claim.id, iban:",
    )
    assert replaced(CLAIMS, swapped).same
    change = only(
        replaced(
            CLAIMS, ("claim_id: claim.id, note: input.note", "claim_id: input.claim_id, note: input.note")
        )
    )
    assert (
        change.sentence == "The argument `claim_id` of `cover` is now `input.claim_id` instead of `claim.id`"
    )


def test_the_amount_of_a_payment_lowers_safety_unless_it_falls() -> None:
    change = only(replaced(CLAIMS, ("amount: claim.amount, iban", "amount: claim.amount * 2.0, iban")))
    assert change.risks == ("`amount` says how much money moves",)


def test_the_interface_is_compared_field_by_field() -> None:
    found = replaced(
        CLAIMS,
        ("claim_id: string,", "claim_id: string,\n    urgent: bool,"),
        ('"paid" | "refused" | "not_covered"', '"paid" | "refused"'),
        ('trigger form: webhook POST "/claims"', 'trigger form: webhook POST "/forms"'),
        ('note: string = "travel costs"', "note: string"),
    )
    assert [change.weight for change in found.changes] == ["interface"] * 4
    assert said(found) == [
        "The input `urgent` is new: `bool`.",
        'The input `note` must now be given (before, it was `"travel costs"` by itself).',
        'The output `status` is now `"paid" | "refused"` instead of `"paid" | "refused" | "not_covered"`.',
        'It is now started by a webhook POST "/forms" instead of by a webhook POST "/claims" (`form`).',
    ]


def test_a_webhook_that_nothing_verifies_any_more_lowers_safety() -> None:
    change = only(replaced(CLAIMS, (" verify hmac_sha256(event, secrets.claims_key)", "")))
    assert change.weight == "safety" and change.risks == (
        "Anybody who knows the address can start it through `form`",
    )


def test_branches_are_matched_by_their_conditions() -> None:
    case = '      case "ask" {'
    more = INVOICES.replace(case, '      case "wait" {\n        yield "waiting"\n      }\n' + case)
    change = only(between(INVOICES, more))
    assert (change.kind, change.sentence) == ("condition_changed", "`route` has a new branch: when wait")


def test_loops_agents_and_waits_are_told_part_by_part() -> None:
    assert said(replaced(DUNNING, ("max 5 {", "max 9 {"))) == [
        "`chase` now repeats at most 9 times instead of 5.",
        "`remind` may happen more often.",
    ]
    assert said(replaced(DUNNING, ('event "payment.received"', 'event "payment.booked"'))) == [
        '`receipt` now waits for the event "payment.booked" instead of "payment.received".'
    ]
    assert said(replaced(DUNNING, ("wait 3d", "wait 1w"))) == ["`pause` now waits 1 week instead of 3 days."]
    assert said(replaced(INVOICES, ("books.find_order\n", "books.find_order, books.book-invoice\n"))) == [
        "`opinion` may now use `books.book-invoice`.",
        "It can now call `books.book-invoice`, which changes things outside.",
    ]
    assert (
        said(replaced(INVOICES, ("budget 0.25", "budget 2.0")))[1] == "`opinion` may cost more than before."
    )
    assert said(replaced(INVOICES, ("concurrency 4", "concurrency 1"))) == [
        "`results` now works on 1 at a time instead of 4."
    ]
    assert said(replaced(INVOICES, ("after ledger, booked", "after booked"))) == [
        "`report` now waits for `booked`; before, for `ledger` and `booked`."
    ]


def test_the_order_of_steps_side_by_side_means_nothing() -> None:
    found = edited(INVOICES, dsl.MoveStep(path="closing.ledger", container="closing/body", before="warning"))
    assert found.same


def test_every_change_says_where_it_is_in_both_texts() -> None:
    new = CLAIMS.replace("amount: claim.amount, iban", "amount: 1.0, iban")
    change = only(between(CLAIMS, new))
    assert change.old_span is not None and change.new_span is not None
    assert CLAIMS[change.old_span.start : change.old_span.end] == "claim.amount"
    assert new[change.new_span.start : change.new_span.end] == "1.0"
