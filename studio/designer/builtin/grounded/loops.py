"""Loops in phrases: what is gone through, which of them, and what is done for each."""

from __future__ import annotations

import re

from studio.designer.builtin.grounded.knowing import Knowing
from studio.designer.builtin.grounded.phrases import Phrase
from studio.designer.builtin.grounded.signs import ALL, OF_EACH, QUALIFIES, THROUGH
from studio.designer.builtin.reading import Each, Item, Test, When
from studio.designer.builtin.shapes import choices, properties
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import singular, stem, stems


def each_of(know: Knowing, phrase: Phrase, behind: str) -> Each | None:
    text = phrase.text
    if (
        (of := OF_EACH.match(text))
        and (deed := know.deeds.of(of["deed"])) is not None
        and not deed.known.reads
    ):
        return Each("them", (know.act(deed, of["deed"]),), None, know.words(text))
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
    pre = (match.groupdict().get("pre") or "").strip()
    deed = know.deeds.of(text)
    if deed is not None and deed.known.lists and pre:
        return None
    noun, body = _noun_of(know, rest)
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
    if named and not everybody and not _listed(know, noun):
        return None
    said = f"{pre} it {body}".strip() if pre else body
    inner: tuple[Item, ...] = ()
    if (inside := know.deeds.of(said) if said else None) is not None:
        inner = (know.act(inside, said),)
    head, test = _narrowed(know, noun or "them")
    if q in ("everybody", "everyone"):
        head = "them"
        _, test = _narrowed(know, f"them {noun}")
        if inside := know.deeds.of(body or rest):
            inner = (know.act(inside, body or rest),)
    if test is not None:
        inner = (When(test, inner, (), know.words(text)),)
    return Each(know.words(head), inner, None, know.words(text))


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
