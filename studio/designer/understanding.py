"""Before anybody writes: is it clear what is asked, and would it be wise to ask back first? Rules for every writer.

What they catch is little on purpose: a message without anything to go by, and one that would pay or delete everything
there is. Finer doubts are the writer's; a model has a tool for asking, the rules have their own questions.
"""

from __future__ import annotations

import re

from dsl.catalog import Catalog
from studio.designer.pasting import own_words
from studio.designer.signatures import everything
from studio.designer.writing import Task

LONGEST = 20_000
"""Characters of a request."""

_LETTERS = re.compile(r"[^\W\d_]{2,}")
_VAGUE = re.compile(
    r"a|an|the|it|this|that|them|these|those|do|make|build|create|write|please|can|could|would|you|me|my|for|us|i|we|"
    r"want|need|something|some|thing|things|stuff|anything|workflow|automation|process|automate|help|now|just|like|to|"
    r"of|and|so|ok|okay|yes|hello|hi|hey"
)
_ALL = re.compile(
    r"\b(?:delete|erase|wipe|purge|remove|drop|refund|pay(?: out)?|transfer|send)\b[^.?!\n]{0,20}?"
    r"\b(?:all|every|everything|everyone|everybody)\b(?P<rest>[^.?!\n]*)",
    re.IGNORECASE,
)
_BOUNDED = re.compile(
    r"\b(?:approv\w*|ask\w*|confirm\w*|check\w*|review\w*|if|when|whose|which|that|who|over|under|above|below|older|"
    r"less|more|than|at most|only|except|unless|until|overdue|open|due|with|from|in the|before|after|steps?)\b",
    re.IGNORECASE,
)
_DEEDS = {"delete": "deletes", "money": "moves money"}


def question(task: Task) -> str:
    """What has to be asked before anything is written; "" when it is clear enough."""
    words = own_words(task.request)
    if not task.turns and not task.base.strip():
        return _unclear(words) or _dangerous(words, task.catalog)
    return "" if _LETTERS.search(words) else _UNCLEAR


_UNCLEAR = (
    "What should happen? Tell me in your own words: what starts it, what is looked at, what is decided and by whom, "
    "and what is done in the end. For example: “When a customer asks for a refund, get the order, ask a manager if it "
    "is over 100 euros, then refund it and tell the customer.”"
)


def _unclear(words: str) -> str:
    said = [word.lower() for word in _LETTERS.findall(words)]
    return _UNCLEAR if all(_VAGUE.fullmatch(word) for word in said) else ""


def _dangerous(words: str, catalog: Catalog) -> str:
    """A request for all there is, with nothing that bounds it and nobody who is asked."""
    found = _ALL.search(words)
    if found is None or _BOUNDED.search(words):
        return ""
    able = {deed for alias, tool in everything(catalog) for deed in catalog.nature(alias, tool.name).does}
    does = [said for deed, said in _DEEDS.items() if deed in able]
    if not does:
        return ""
    return (
        f"“{found[0].strip()}” would touch everything there is, with tools that can do what nobody can take back. "
        "Before I write that: which ones exactly (how old, up to what amount, in what state), and who should say yes "
        "before it happens?"
    )


__all__ = ["LONGEST", "question"]
