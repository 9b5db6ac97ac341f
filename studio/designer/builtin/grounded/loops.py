"""Loops in phrases: what is gone through, which of them, and what is done for each."""

from __future__ import annotations

import re
from dataclasses import replace

from studio.designer.builtin import patterns
from studio.designer.builtin.grounded.deeds import Deed
from studio.designer.builtin.grounded.groups import Group
from studio.designer.builtin.grounded.knowing import Knowing
from studio.designer.builtin.grounded.phrases import Phrase
from studio.designer.builtin.grounded.signs import ALL, OF_EACH, QUALIFIES, THROUGH
from studio.designer.builtin.looping import stands_for_all
from studio.designer.builtin.reading import Act, Both, Each, Is, Item, Test, When
from studio.designer.builtin.shapes import choices, properties
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import CHECK_VERBS, READ_VERBS, raw_tokens, singular, stem, stems


def each_of(know: Knowing, phrase: Phrase, behind: str) -> Each | None:
    text = phrase.text
    if (
        (of := OF_EACH.match(text))
        and (deed := know.deeds.of(of["deed"])) is not None
        and not deed.known.reads
    ):
        if of["of"]:
            deed = replace(deed, rest=f"{deed.rest}{of['of']}it")
        return _with_known(know, Each("them", (know.act(deed, of["deed"]),), None, know.words(text)))
    group = know.groups.in_(text)
    if group is not None and (over := _over(know, text, group, behind)) is not None:
        know.listed, know.listed_only = group.known.id, None
        return over
    found = _said_loosely(know, phrase, behind)
    return _with_known(know, found) if found is not None else None


_GOING = re.compile(
    r"(?:^|\s)(?:(?:go|run|walk|loop|iterate|step|work|look)(?:es|s)? (?:through|over)|take|grab|pick"
    r"|consider|process|handle|treat)$",
    re.IGNORECASE,
)
_TOGETHER = re.compile(
    r"\b(?:list|overview|number|count|names|summary|sum|total|report|digest|table|how many)"
    r"(?: (?:of|on|about|with|for))?$",
    re.I,
)


def listing(know: Knowing, text: str) -> Deed | None:
    """The list that a phrase asks to have, and nothing else: "get me the open orders", "take the departures"."""
    group = know.groups.in_(text)
    if group is None or not _lists_only(know, text, group):
        return None
    know.listed, know.listed_only = group.known.id, left_over(group.test, group.known)
    return Deed(group.known, "list", group.noun, 10.0)


def _with_known(know: Knowing, each: Each) -> Each:
    """ "For each of them": over what was listed, and of these those that were meant."""
    if not know.listed or each.tool or not stands_for_all(each.noun):
        return each
    test, know.listed_only = know.listed_only, None
    items = each.items if test is None else (When(test, each.items, (), each.words),)
    return replace(each, tool=know.listed, items=items)


def _lists_only(know: Knowing, text: str, group: Group) -> bool:
    """Whether a phrase only asks to have a group: "get me the open orders", "take the departures"."""
    pre = patterns.POLITE.sub("", text[: group.start].strip() + " ").strip()
    first = re.match(r"(?:we |i |you )?(?P<v>[a-z]+)", pre, re.I)
    if first is None or THROUGH.match(text) or stem(first["v"].lower()) not in READ_VERBS | {"tak"}:
        return False
    deed = know.deeds.of(text)
    if text[group.end :].strip(" ,") or pre.lower().endswith(("for", "with")):
        return deed is None or deed.known.id == group.known.id or deed.known.lists
    return deed is None or (deed.known.reads and deed.known.verb not in CHECK_VERBS)


def _over(know: Knowing, text: str, group: Group, behind: str) -> Each | None:
    """A loop over a group with what the phrase says is done for each."""
    pre = patterns.POLITE.sub("", f"{text[: group.start].strip()} ").strip(" ,")
    tail = text[group.end :].strip(" ,")
    if _GOING.search(pre):
        pre = ""
    heading = behind in ("colon", "arrow") and not pre and not tail and (know.many or _many(know, group.noun))
    if not (group.every or know.many or heading) or (pre and _TOGETHER.search(pre)):
        return None
    if pre and not group.every and len(raw_tokens(pre)) > 1:
        # "Post a notice about open alerts": one notice.
        return None
    one = group.head
    inner: tuple[Item, ...] = ()
    if pre or tail:
        said = f"{pre} the {one} {tail}".strip()
        deed = know.deeds.of(said)
        if deed is None or deed.known.id == group.known.id:
            if pre:
                return None
        else:
            inner = (know.act(deed, said),)
    test = left_over(group.test, group.known)
    noun = group.noun
    if test is not None:
        noun = QUALIFIES.split(noun, maxsplit=1)[0]
        inner = (When(test, inner, (), know.words(text)),)
    return Each(know.words(noun), inner, None, know.words(text), group.known.id)


def with_more(each: Each, more: str) -> Each:
    """A loop whose last deed has more to it: "a ticket for each of them, with the text of the review"."""
    match each.items:
        case (*front, Act() as act):
            told = replace(act, rest=f"{act.rest}{more}", words=f"{act.words}{more}")
            return replace(each, items=(*front, told))
        case (*front, When(then=(*before, Act() as act)) as when):
            told = replace(act, rest=f"{act.rest}{more}", words=f"{act.words}{more}")
            return replace(each, items=(*front, replace(when, then=(*before, told))))
        case _:
            return each


def left_over(test: Test | None, known: Known) -> Test | None:
    """A case without what a filter of the list takes."""
    if isinstance(test, Both) and test.op == "&&":
        left, right = left_over(test.left, known), left_over(test.right, known)
        return Both("&&", left, right) if left and right else left or right
    if isinstance(test, Is) and not test.negated:
        taken = {
            tuple(raw_tokens(c)) for s in properties(known.tool.input_schema).values() for c in choices(s)
        }
        return None if tuple(raw_tokens(test.predicate)) in taken else test
    return test


def _said_loosely(know: Knowing, phrase: Phrase, behind: str) -> Each | None:
    text = phrase.text
    match = THROUGH.match(text) or ALL.match(text)
    if (
        match is None
        and behind in ("colon", "arrow")
        and re.match(r"^(?:today's |our |the )?[\w ]*?[a-z]{3,}s\b", text, re.I)
    ):
        # "Trips of the day longer than 300 km: ..."
        head, test = _narrowed(know, text)
        if (
            test is not None
            and head != text
            and _listed(know, head)
            and re.search(r"s$", head.split()[-1] if head.split() else "")
        ):
            listed = Each(know.words(head), (When(test, (), (), know.words(text)),), None, know.words(text))
            return listed if _many(know, head) else None
    if match is None or (match.groupdict().get("pre") or "").count(" ") > 4:
        return None
    rest = match["rest"]
    pre = re.sub(
        r"(?:^|\s)(?:for|of|from|with)$", "", (match.groupdict().get("pre") or "").strip(), flags=re.I
    )
    deed = know.deeds.of(text)
    if deed is not None and deed.known.lists and pre:
        return None
    noun, body = _noun_of(know, rest)
    if re.match(
        r"(?:that|which|who|whose|with|over|under|above|below|of (?:them|these|those))\b", noun, re.I
    ):
        noun = f"them {noun}"
    everybody = (match.groupdict().get("q") or "").lower() in ("everybody", "everyone")
    if pre and (
        tail := re.search(
            r"\s(?:for (?=\d|two|three|an? )|to |as |via |by |into |at |until )", f"{noun} ", re.I
        )
    ):
        noun, body = noun[: tail.start()], f"{noun[tail.start() :].strip()} {body}"
    named = stems(noun)
    q = (match.groupdict().get("q") or "").lower()
    if (
        not named
        and q not in ("everybody", "everyone")
        and not re.search(r"\b(?:them|one|these|those|it|each)\b", text, re.I)
    ):
        return None
    if q in ("any", "those", "the ones") and not body:
        return None
    if (
        named
        and not everybody
        and not stands_for_all(QUALIFIES.split(noun, maxsplit=1)[0])
        and not _listed(know, noun)
    ):
        return None
    said = f"{pre} {_one(know)} {body}".strip() if pre else f"{_one(know)} {body}" if body else ""
    inner: tuple[Item, ...] = ()
    if (inside := know.deeds.of(said) if said else None) is not None:
        inner = (know.act(inside, said),)
    head, test = _narrowed(know, noun or "them")
    if test is None and (exact := know.states.exactly(noun)) is not None and noun.startswith("them "):
        head, test = "them", exact
    if q in ("everybody", "everyone"):
        head = "them"
        _, test = _narrowed(know, f"them {noun}")
        if inside := know.deeds.of(f"{_one(know)} {body or rest}"):
            inner = (know.act(inside, f"{_one(know)} {body or rest}"),)
    if test is not None:
        inner = (When(test, inner, (), know.words(text)),)
    return Each(know.words(head), inner, None, know.words(text))


def _one(know: Knowing) -> str:
    """What one of those that were listed is called."""
    known = next((k for k in know.toolbox.tools if k.id == know.listed), None)
    return f"the {singular(known.noun[-1])}" if known is not None and known.noun else "it"


def _noun_of(know: Knowing, rest: str) -> tuple[str, str]:
    """What one is, and what is done."""
    cut = re.search(
        r"\s(?:is|are|gets?|should|must|shall|has|have|needs?|will|to be|receives?)\s(?:to |then |also |be )*(?=\w+)",
        rest,
        re.I,
    )
    while cut is not None:
        tail = rest[cut.start() :]
        relative = re.search(
            r"\b(?:that|which|who|whose|where)$|\b(?:that|which|who|whose|where)\b[\w ]*$",
            rest[: cut.start()],
            re.I,
        )
        if relative is None and know.deeds.of(f"it {tail.strip()}") is not None:
            return rest[: cut.start()].strip(), tail.strip()
        nxt = re.compile(
            r"\s(?:is|are|gets?|should|must|shall|needs?|will|to be|receives?)\s(?=\w+)", re.I
        ).search(rest, cut.end())
        cut = nxt
    words = list(re.finditer(r"\S+", rest))
    for word in words[1:]:
        tail = rest[word.start() :]
        if stem(word[0].lower()) in know.verbs and re.match(
            r"\w+ (?:the|an?|it|them|him|her|its|their|quoted|#)", tail, re.I
        ):
            return rest[: word.start()].strip(), tail
    return rest.strip(), ""


def _listed(know: Knowing, noun: str) -> bool:
    head = QUALIFIES.split(noun, maxsplit=1)[0]
    words = [w for w in re.findall(r"[a-z]+", head.lower())]
    if not words:
        return False
    wanted = {stem(singular(w)) for w in words[:4]}
    if not re.search(r"(?:ed|en|ing|s)$", words[0]) and any(
        w in know.verbs and w not in {stem(n) for k in know.toolbox.tools for n in k.noun}
        for w in (stem(words[0]),)
    ):
        return False
    return any(
        known.lists
        and wanted
        & ({stem(singular(n)) for n in known.noun} | set(known.name) | known.fields["output"] | _taken(known))
        for known in know.toolbox.tools
    )


def _many(know: Knowing, head: str) -> bool:
    """Whether what is named in the plural can only be had from a list."""
    wanted = {stem(singular(w)) for w in re.findall(r"[a-z]+", head.lower())}
    return not any(
        k.reads and not k.lists and wanted & {stem(singular(n)) for n in k.noun} for k in know.toolbox.tools
    )


def _narrowed(know: Knowing, noun: str) -> tuple[str, Test | None]:
    head, *more = QUALIFIES.split(noun, maxsplit=1)
    if not more:
        return noun, None
    test = know.states.read(re.sub(r"\b(?:gets?|is|are|should|must) (?:an?|to|be)\b.*$", "", more[0]))
    return (head, test) if test is not None else (noun, None)


# ---- putting together ------------------------------------------------------------------------------


def _taken(known: Known) -> set[str]:
    """What a list's filters take: "warnings" are alerts."""
    return {stem(singular(c)) for s in properties(known.tool.input_schema).values() for c in choices(s)}
