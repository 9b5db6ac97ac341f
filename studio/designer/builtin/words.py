"""English words made comparable: tokens, stems, synonyms and the classes of verbs.

Deliberately small. A stem only has to be the same for two forms of one word ("eligible", "eligibility"); it need not
be a word. Synonyms are groups of stems; two words of one group match with less weight than the same word twice.
"""

from __future__ import annotations

import re
from functools import lru_cache

from studio.designer.builtin.thesaurus import NOUNISH, OPPOSITES, SYNONYMS, VERBS


def word_list(text: str) -> list[str]:
    """Words apart by spaces: how the lists of this package are written."""
    return text.split()


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")

IRREGULAR = {
    "cancellation": "cancel",
    "notification": "notify",
    "notifications": "notify",
    "verification": "verify",
    "approval": "approv",
    "approvals": "approv",
    "reminder": "remind",
    "reminders": "remind",
    "delivery": "deliver",
    "renewal": "renew",
    "paid": "pay",
    "sent": "send",
    "found": "find",
    "written": "write",
    "wrote": "write",
    "told": "tell",
    "got": "get",
    "gotten": "get",
    "made": "make",
    "done": "do",
    "does": "do",
    "goes": "go",
    "people": "person",
    "children": "child",
    "status": "status",
    "statuses": "status",
    "address": "address",
    "addresses": "address",
    "business": "business",
    "bonus": "bonus",
    "news": "news",
    "holidays": "holiday",
    "days": "day",
    "analysis": "analys",
    "data": "data",
    "thing": "thing",
    "booking": "book",
    "meeting": "meeting",
    "string": "string",
    "spring": "spring",
    "ticketing": "ticket",
    "during": "during",
    "need": "need",
    "speed": "speed",
    "feed": "feed",
}

_SUFFIXES = (
    ("ibilities", "ibl"),
    ("ibility", "ibl"),
    ("ability", "abl"),
    ("ications", "y"),
    ("ication", "y"),
    ("ations", "at"),
    ("ation", "at"),
    ("ments", ""),
    ("ment", ""),
    ("ings", ""),
    ("ing", ""),
    ("ies", "y"),
    ("ied", "y"),
    ("eed", "eed"),
    ("ed", ""),
    ("sses", "ss"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("xes", "x"),
    ("s", ""),
)

STOP = frozenset(
    word_list(
        """
    a an the this that these those it its they them their he she his her him we us our you your i me my is
    are was were be been being am will would shall should can could may might must has have had do does did
    to of in on at by for from with into onto about as and or but nor so if then than too very just also
    please there here when while who whom which what whose where how all any both each every some such no
    not only own same up out off over under again further once s t via per through using use whether
    automatically etc
        """
    )
)

PRONOUNS = frozenset(
    ["it", "them", "they", "this", "that", "these", "those", "him", "her", "one", "everything"]
)


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """The comparable form of one lower-case word."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    found = word
    for suffix, end in _SUFFIXES:
        if (
            word.endswith(suffix)
            and len(word) - len(suffix) >= 3
            and not (suffix == "s" and word.endswith("ss"))
        ):
            found = word[: -len(suffix)] + end
            break
    if len(found) > 3 and found[-1] == found[-2] and found[-1] not in "aeiou":
        found = found[:-1]
    if len(found) > 3 and found.endswith("e"):
        found = found[:-1]
    return found


def raw_tokens(text: str) -> tuple[str, ...]:
    """Lower-case words of a text or an identifier, in order, stop words kept."""
    spaced = _CAMEL.sub(" ", text).replace("_", " ").lower()
    spaced = re.sub(r"\be-mail", "email", spaced).replace("’", "'")
    return tuple(word.removesuffix("'s") for word in _WORD.findall(spaced))


def stems(text: str) -> tuple[str, ...]:
    """Stems of the words that carry meaning."""
    return tuple(stem(word) for word in raw_tokens(text) if word not in STOP)


def name_stems(name: str) -> tuple[str, ...]:
    """Stems of all the words of an identifier; nothing is thrown away."""
    return tuple(stem(word) for word in raw_tokens(name))


def _stemmed(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


_GROUPS: tuple[frozenset[str], ...] = tuple(_stemmed(line) for line in SYNONYMS.strip().splitlines())
_GROUPS_OF: dict[str, frozenset[int]] = {
    word: frozenset(i for i, group in enumerate(_GROUPS) if word in group)
    for word in frozenset().union(*_GROUPS)
}
_NO_GROUPS: frozenset[int] = frozenset()
_OPPOSITES = frozenset(
    pair
    for left, right in (line.split() for line in OPPOSITES.strip().splitlines())
    for pair in ((stem(left), stem(right)), (stem(right), stem(left)))
)

READ_VERBS = _stemmed(
    "get fetch load read retrieve look lookup find pull obtain view query list search browse gather "
    "collect check verify"
    " validate ensure assess examine inspect test evaluate determine count calculate match"
)
SEND_VERBS = _stemmed("send email mail message notify tell inform write alert ping remind contact reply let")
CHECK_VERBS = _stemmed("check verify validate ensure confirm assess examine inspect test evaluate determine")
LIST_VERBS = _stemmed("list search browse gather collect")
GENERIC_VERBS = _stemmed("do make perform run process handle execute use carry give issue start trigger call")


WORK_VERBS = frozenset(stem(word) for word in VERBS.split())
NOUNISH_VERBS = frozenset(stem(word) for word in NOUNISH.split())


def likeness(left: str, right: str) -> float:
    """1.0 for the same stem, 0.6 for synonyms, 0.0 otherwise."""
    if left == right:
        return 1.0
    return 0.6 if not _GROUPS_OF.get(left, _NO_GROUPS).isdisjoint(_GROUPS_OF.get(right, _NO_GROUPS)) else 0.0


def opposites(left: str, right: str) -> bool:
    """Whether two stems deny each other: "up" and "down"."""
    return (left, right) in _OPPOSITES


def singular(noun: str) -> str:
    """ "orders" -> "order"; good enough for identifiers."""
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if re.search(r"(ss|x|ch|sh)es$", noun):
        return noun[:-2]
    if noun.endswith("s") and not noun.endswith(("ss", "us", "is")):
        return noun[:-1]
    return noun


def plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def article(phrase: str) -> str:
    return ("an " if phrase[:1].lower() in "aeiou" else "a ") + phrase
