"""Edits of where steps stand, of numbers and of times: requests in several words, with what must come of them."""

from __future__ import annotations

from collections.abc import Callable

from tests.designer.after import After

Check = Callable[[After], object]
Row = tuple[str, tuple[str, ...], Check]
DAY = 86_400_000

PLACES: list[Row] = [
    # ---- places ---------------------------------------------------------------------------------------
    (
        "refunds",
        (
            "move the e-mail before the refund",
            "the email should come before the refund",
            "put the mail in front of the refund",
            "send the e-mail before the refund",
        ),
        lambda a: a.order("notify", "refund") and a.kinds() == {"step_moved"},
    ),
    (
        "refunds",
        (
            "swap the e-mail and the refund",
            "switch the refund with the mail",
            "reverse the order of the refund and the email",
        ),
        lambda a: a.order("notify", "refund", "done"),
    ),
    (
        "refunds",
        (
            "do the refund after the mail",
            "move the refund behind the e-mail",
            "first the mail, then the refund",
        ),
        lambda a: a.order("notify", "refund", "done"),
    ),
    (
        "refunds",
        (
            "put the e-mail into the branch where the total is over the threshold",
            "move the mail into the gate branch",
        ),
        lambda a: a.inside("notify") == "gate/then",
    ),
    (
        "goods",
        ("do the report first", "move the report to the beginning", "the report should come first"),
        lambda a: a.order("delivery", "report", "each_item", "label"),
    ),
    (
        "goods",
        ("move the label before the loop", "print the label before the loop"),
        lambda a: a.order("label", "each_item"),
    ),
    (
        "goods",
        (
            "move the stock check before the move",
            "check the stock before the move",
            "do the stock check before storing",
        ),
        lambda a: a.order("level", "store"),
    ),
    (
        "holidays",
        ("move the calendar entry before the booking", "the calendar entry must come before the booking"),
        lambda a: a.order("yes", "entry", "book"),
    ),
    (
        "holidays",
        ("put the calendar entry into the else branch", "move the calendar entry to the else part"),
        lambda a: a.inside("entry") == "enough/else",
    ),
    (
        "outages",
        ("move the announcement to the end", "announce it last", "do the announce step at the end"),
        lambda a: a.order("watch", "announce", "done"),
    ),
    # ---- numbers --------------------------------------------------------------------------------------
    (
        "refunds",
        (
            "raise the limit to 250",
            "make it 250 instead of 100",
            "over 250 instead of 100",
            "the threshold should be 250 euros",
            "set the limit to €250 please",
        ),
        lambda a: a.field("config", "threshold").endswith("250.0") and a.kinds() == {"head_changed"},
    ),
    (
        "refunds",
        ("double the threshold", "raise the limit by 100", "increase the threshold by 100 %"),
        lambda a: a.field("config", "threshold").endswith("200.0"),
    ),
    (
        "payments",
        (
            "raise the limit for the cfo to 20000",
            "make the limit for the cfo 20,000",
            "20000 instead of 10000",
        ),
        lambda a: "10000" not in a.text and "> 20000.0" in a.source("huge") and "> 1000.0" in a.source("big"),
    ),
    (
        "payments",
        ("the difference may be up to 10", "raise the difference to 10", "10 instead of 5"),
        lambda a: "> 10.0" in a.source("mismatch"),
    ),
    (
        "outages",
        ("make it 10 % instead", "10 % instead of 5 %", "set the error rate to 10 percent"),
        lambda a: "< 0.1" in a.source("harmless"),
    ),
    (
        "sales",
        ("raise the minimum score to 70", "the min score should be 70", "70 instead of 60"),
        lambda a: a.field("config", "min_score").endswith("70"),
    ),
    (
        "goods",
        ("order 200 instead of 100", "200 instead of 100", "set the quantity of the reorder to 200"),
        lambda a: "quantity: 200" in a.source("more"),
    ),
    (
        "goods",
        ("at most 2 at once", "only 2 at a time", "process 2 in parallel", "set the concurrency to 2"),
        lambda a: a.kind("each_item").concurrency == 2,
    ),
    (
        "goods",
        ("one at a time", "do the items one after the other"),
        lambda a: a.kind("each_item").concurrency is None,
    ),
    ("outages", ("at most 3 rounds", "only 3 rounds"), lambda a: a.kind("watch").max == 3),
    # ---- times ----------------------------------------------------------------------------------------
    (
        "outages",
        ("wait two days, not one", "wait 2 days instead of one"),
        lambda a: a.kind("settle").ms == 2 * DAY,
    ),
    (
        "outages",
        (
            "retry the incident 5 times",
            "try the incident up to five times",
            "5 retries for the incident",
            "the incident should be retried 5 times",
        ),
        lambda a: "retry 5" in a.source("incident"),
    ),
    (
        "outages",
        (
            "time out the restart after 30 s",
            "give the restart 30 seconds",
            "the restart may take at most 30 seconds",
            "set the timeout of the restart to 30s",
        ),
        lambda a: "timeout 30s" in a.source("restart"),
    ),
    (
        "goods",
        ("don't retry the report", "stop retrying the report", "no retries for the report"),
        lambda a: "retry" not in a.source("report"),
    ),
]
