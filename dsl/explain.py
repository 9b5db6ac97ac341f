"""What to say about a token that fits nowhere: one sentence of what is wrong, one of what to do, for people."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from lark import Token

from dsl.tree import Span

_PUNCTUATION = frozenset({"LPAR", "RPAR", "LBRACE", "RBRACE", "LSQB", "RSQB", "COLON", "COMMA", "EQUAL"})
_TYPE = 'a type is string, int, float, bool, "one" | "another", a list like string[], or { name: type }'
KINDS = "call, run, agent, approve, if, switch, parallel, do, foreach, loop, wait, let, return or fail"
_VALUE = 'a value is a name like order.total, a text in "quotes", a number, a [list] or a { map: of values }'
_STEP = "write it like: step order: call shop.get_order(order_id: input.order_id)"

_AFTER: dict[str, tuple[str, str]] = {
    "CALL": (
        "a tool call like shop.get_order(...)",
        "name a connector from the `use` lines, a dot and one of its tools",
    ),
    "RUN": (
        "the name of a workflow from the `use` lines",
        "write it like: run collect(customer_id: customer.id)",
    ),
    "STEP": ("a name for the step", _STEP),
    "WORKFLOW": ("a name for the workflow", "write it like: workflow refund { ... }"),
    "USE": ("a name to use in the steps", 'write it like: use shop: mcp "shop"'),
    "IF": ("a condition", "write it like: if order.total > 100.0 { ... }"),
    "SWITCH": (
        "the value to look at",
        'write it like: switch order.status { case "paid" { ... } default { ... } }',
    ),
    "CASE": ("the values of this case", 'write it like: case "paid", "shipped" { ... }'),
    "FOREACH": ("a name for the item", "write it like: foreach item in order.items { ... }"),
    "IN": ("the list to go through", "write it like: foreach item in order.items { ... }"),
    "LOOP": (
        "`while` or `until` with a condition",
        "write it like: loop until poll.last.done max 20 { ... }",
    ),
    "MAX": (
        "the most rounds, a whole number",
        "every loop ends: write it like: loop until poll.last.done max 20 { ... }",
    ),
    "APPROVE": ("`by` and who decides", 'write it like: approve by role "manager" { title "..." }'),
    "BY": ("who decides", 'write it like: approve by role "manager" { title "..." }'),
    "ROLE": ("the role, a text in quotes", 'write it like: role "manager"'),
    "USER": ("the person's e-mail, a text in quotes", 'write it like: user "someone@example.com"'),
    "TIMEOUT": ("a time", "write it like: timeout 30s (ms, s, m, h, d and w are known)"),
    "WITHIN": ("a time", "write it like: within 24h (ms, s, m, h, d and w are known)"),
    "BACKOFF": ("a time", "write it like: retry 3 backoff 1s to 1m"),
    "RETRY": ("how often, a whole number", 'write it like: retry 3 backoff 1s to 1m on "timeout"'),
    "AFTER": ("the names of the steps to wait for", "write it like: after order, eligibility"),
    "WAIT": (
        "how long, `until` a moment, or an `event`",
        'write it like: wait 3d, or: wait event "payment.received"',
    ),
    "FAIL": ("an error code in quotes", 'write it like: fail "not_eligible" with "the order is too old"'),
    "CATCH": ("error codes, `as` a name, or the block", 'write it like: catch "timeout" as problem { ... }'),
    "AGENT": ("the model, a text in quotes", 'write it like: agent "balanced" { prompt "..." }'),
    "LET": ("a value", _VALUE),
    "RETURN": ("a value", _VALUE),
    "YIELD": ("a value", _VALUE),
    "KEY": ("a value", 'write it like: key "refund-${order.id}"'),
    "TITLE": ("a text", 'write it like: title "Refund ${order.total}?"'),
    "SHOW": ("what to show", "write it like: show order, eligibility"),
    "TRIGGER": ("a name for the trigger", "write it like: trigger ui: manual"),
    "SECRET": ("the name of a secret", "write it like: secret webhook_key"),
    "TYPE": ("a name for the type", "write it like: type Item: { sku: string, quantity: int }"),
}

_INSTEAD: dict[str, tuple[str, str]] = {
    "=": ("`=` sets a default; it does not compare", "write `==` to compare two values"),
    "and": ("`and` is not a word of Weft", "write `&&`"),
    "or": ("`or` is not a word of Weft", "write `||`"),
    "not": ("`not` is not a word of Weft", "write `!`"),
    "elif": ("`elif` is not a word of Weft", "write `else if`"),
    ";": ("`;` is not needed", "remove it: a line ends a step"),
    "#": ("`#` means nothing here", "a comment begins with `//`"),
    "`": ("a backquote means nothing here", 'put text in "double quotes"'),
}

_SORTS = {
    "ID": "a name",
    "TOOL": "the name of a tool",
    "STRING": "a text in quotes",
    "INT": "a whole number",
    "DURATION": "a time like 30s",
    "FLOAT": "a number",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """``recent`` are the last tokens read, ``wrong`` the one that does not fit (type "$END" at the end of the text,
    "" for characters that begin no token), ``wanted`` maps the types of tokens that would fit to how they are
    written, ``put_in`` is the one the reader supplied, ``unclosed`` the brace that misses its partner at the end.
    """

    text: str
    recent: tuple[Token, ...]
    wrong: Token
    wanted: dict[str, str]
    put_in: str | None
    unclosed: Token | None = None


@dataclass(frozen=True, slots=True)
class Told:
    message: str
    help: str
    span: Span


def similar(word: str, keyword: str) -> bool:
    """Whether ``word`` looks like a slip of the fingers for ``keyword``."""
    if len(keyword) < 3 or not keyword.isalpha() or word == keyword:
        return False
    return SequenceMatcher(None, word.lower(), keyword).ratio() >= 0.72


def explain(mistake: Mistake) -> Told:
    wrong, last = mistake.wrong, mistake.recent[-1] if mistake.recent else None
    span = _place(mistake)
    if mistake.unclosed is not None and wrong.type == "$END":
        line = mistake.text.count("\n", 0, mistake.unclosed.start_pos or 0) + 1
        place = Span(mistake.unclosed.start_pos or 0, mistake.unclosed.end_pos or 0)
        return Told(
            f"the `{{` on line {line} is never closed", "put the missing `}` where its block ends", place
        )
    if (
        wrong.type in ("", "STRING", "SQ")
        and wrong[:1] in ('"', "'")
        and "\n" not in wrong
        and wrong.type == ""
    ):
        return Told("this text is never closed", f"end it with {wrong[0]} on the same line", span)
    if (slip := _slip(mistake)) is not None:
        return Told(
            f"`{wrong}` is not a word that fits here; did you mean `{slip}`?", f"write `{slip}`", span
        )
    if wrong.type == "" and not wrong.isprintable():
        return Told(
            f"the character U+{ord(wrong[0]):04X} cannot be seen and means nothing here", "remove it", span
        )
    if str(wrong) in _INSTEAD:
        return Told(*_INSTEAD[str(wrong)], span)
    if wrong.type == "DOC" or (last is not None and last.type == "DOC"):
        return Told(
            "a `///` comment describes the step, type or field below it; nothing of these follows",
            "use `//` for a note of your own",
            span,
        )
    if last is None:
        return Told(
            "a workflow begins with `workflow` and its name", "write it like: workflow refund { ... }", span
        )
    if last.type in _AFTER:
        what, help = _AFTER[last.type]
        return Told(f"expected {what} after `{_short(last)}`", help, span)
    return _by_place(mistake, last, span)


def _by_place(mistake: Mistake, last: Token, span: Span) -> Told:
    wrong, wanted, recent = mistake.wrong, mistake.wanted, mistake.recent
    before = [token.type for token in recent]
    found = "the text ends here" if wrong.type == "$END" else f"`{_short(wrong)}` does not fit here"
    if before[-2:] == ["STEP", "ID"]:
        return Told(f"expected `:` after `step {last}`", _STEP, span)
    if before[-3:] == ["STEP", "ID", "COLON"]:
        return Told(f"expected what the step does after `step {recent[-2]}:`", f"begin with {KINDS}", span)
    if "TOOL" in wanted:
        return Told(
            f"expected the name of a tool after `{_tail(recent, 2)}`",
            "write it like: shop.get_order(...)",
            span,
        )
    if set(wanted) == {"ID"} or wanted.keys() == {"ID", "STRING"}:
        return Told(f"expected a name after `{_short(last)}`", "names have letters, digits and _", span)
    if "LBRACE" in wanted and "STRING" in wanted and "LPAR" in wanted and "LSQB" not in wanted:
        return Told(f"expected a type after `{_short(last)}`", _TYPE, span)
    if "LSQB" in wanted and "STRING" in wanted:
        return Told(f"expected a value after `{_short(last)}`", _VALUE, span)
    if set(wanted) == {"$END"}:
        return Told(
            f"{found}: the workflow is already closed", "remove a `}` further up, or what follows it", span
        )
    if "COMMA" in wanted and wrong.type in ("ID", "STRING"):
        return Told(
            f"expected `,` between `{_short(last)}` and `{_short(wrong)}`",
            "separate the parts with commas",
            span,
        )
    written = wanted.get(mistake.put_in or "", "")
    if mistake.put_in in _PUNCTUATION or (written and len(wanted) <= 2):
        return Told(f"expected `{written}` after `{_short(last)}`", f"put `{written}` here", span)
    if "STEP" in wanted:
        what = "a step, one of its clauses (timeout, retry, key, catch, after, compensate) or `}`"
        return Told(found, f"here comes {what}; a step is written like: step order: call ...", span)
    if "PLUS" in wanted:
        return Told(
            found, f"`{_short(last)}` ends a value; an operator, a comma or the end of the line follows", span
        )
    return Told(found, f"after `{_short(last)}` comes {_choices(wanted)}", span)


def _slip(mistake: Mistake) -> str | None:
    if mistake.wrong.type != "ID":
        return None
    words = [word for word in mistake.wanted.values() if similar(mistake.wrong, word)]
    if (meant := mistake.wanted.get(mistake.put_in or "")) in words:
        return meant
    return max(words, key=lambda word: SequenceMatcher(None, mistake.wrong, word).ratio(), default=None)


def _place(mistake: Mistake) -> Span:
    """The wrong token; where something is missing at a line's end, the end of that line rather than the next."""
    wrong = mistake.wrong
    start, end = wrong.start_pos or 0, wrong.end_pos or 0
    last_end = (mistake.recent[-1].end_pos or 0) if mistake.recent else 0
    if "\n" in mistake.text[last_end:start] and mistake.recent:
        return Span(mistake.recent[-1].start_pos or 0, last_end)
    return Span(start, min(end, start + 200)) if end > start else Span(max(0, start - 1), start)


def _choices(wanted: dict[str, str]) -> str:
    names = sorted({f"`{word}`" if word else _SORTS.get(type, "") for type, word in wanted.items()} - {""})
    if not names:
        return "nothing more"
    shown = names[:8]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + f" or {shown[-1]}"


def _tail(recent: tuple[Token, ...], count: int) -> str:
    return "".join(recent[-count:])


def _short(token: Token) -> str:
    line = str(token).split("\n", 1)[0]
    return line if len(line) <= 30 else line[:29] + "…"
