"""Requests that say too little, or too much at once: they get a question, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_BETTER: Final = re.compile(
    r"\b(?:make|get) (?:our|the|my|this|that|it|your) ?[\w ]{0,30}?(?:better|nicer|faster|easier|smarter"
    r"|happier|happy|safer|cleaner|simpler|quicker|cheaper|great"
    r"|good)\b|"
    r"\b(?:improve|optimi[sz]e|streamline|fix|moderni[sz]e|automate|clean up|sort out|help (?:me )?with|handle"
    r"|manage|deal with) (?:our|the|my|all|everything|it|"
    r"this)(?: [\w]+){0,4}?(?: process(?:es)?| workflows?| things?| stuff| better)?[ .!?:/]*$|"
    r"\bdo (?:the|some|a) (?:things?|stuff|something)\b|\bsomething with\b|\bthe usual\b|\byou know what\b",
    re.IGNORECASE,
)
_EVERYTHING: Final = re.compile(
    r"^\W*(?:please |just |now |can you |could you )*(?:delete|remove|erase|wipe|purge|destroy|drop|pay|refund"
    r"|cancel|approve|send) "
    r"(?:everything|it all|all(?: of (?:it|them))?|everybody|everyone)\b(?P<rest>[\w ]{0,40})[.!]*$",
    re.IGNORECASE,
)


def vague(request: str) -> str | None:
    """A question to somebody whose request cannot be built from; None when there is something to go by."""
    text = re.sub(r"[:;]-?[)(/DP]", "", request).strip()
    words = re.findall(r"[\w'-]+", text)
    if _EVERYTHING.match(text):
        deed = re.search(
            r"delete|remove|erase|wipe|purge|destroy|drop|pay|refund|cancel|approve|send", text, re.IGNORECASE
        )
        verb = deed[0].lower() if deed else "do that to"
        return (
            f"“{text}” cannot be taken back, so I ask before I build it: what exactly should I {verb} (which"
            f" ones, from "
            "when), and who has to say yes before it happens?"
        )
    if len(words) == 1 and not re.search(r"[.!?]$", text) and words[0].lower() not in _GREETINGS:
        return (
            f"What should happen with {words[0].lower()}? Tell me what sets it off, what is looked up, what is"
            f" decided "
            "and what is done, for example “for each new one, ... and tell ...”."
        )
    if _BETTER.search(text) and all(map(_says_nothing, re.split(r"[.!?\n]+", text))):
        return (
            "I can build a workflow, but I need to know what it is to do. What sets it off, what is looked up,"
            " what is "
            "decided, who is asked, and what happens in the end?"
        )
    return None


def secret_told(request: str, secrets: Iterable[str]) -> str | None:
    """What is answered to somebody who wants a secret told to a person; None when nobody does."""
    named = "|".join(map(re.escape, sorted(secrets, key=len, reverse=True)))
    secret = re.compile(
        rf"\b(?:{named + '|' if named else ''}(?:value|content) of (?:the |our )?(?:secret|password|token))\b",
        re.I,
    )
    for sentence in re.split(r"[.!?\n]+(?=\s|$)", request):
        if (found := secret.search(sentence)) and _TELLS.search(sentence) and not _SIGNS.search(sentence):
            return (
                f"A secret never leaves the place where it is kept, so I do not build that: “{found[0]}” can be used to"
                " verify what a webhook sends and to sign in to a connector, but not be sent, shown or written down."
            )
    return None


_TELLS: Final = re.compile(
    r"\b(?:e?-?mails?|send|sent|post|tell|show|print|write|message|share|give|forward|put|include|announce|log|paste"
    r"|radio|text|publish|return|output)\b",
    re.IGNORECASE,
)
_SIGNS: Final = re.compile(r"\b(?:sign(?:s|ed)?|signature|verif\w+|web ?hooks?|hmac)\b", re.IGNORECASE)


def _says_nothing(sentence: str) -> bool:
    """Whether a sentence is a wish for something better, a complaint or a courtesy, and asks for no deed."""
    said = sentence.strip(" ,;:")
    return not said or bool(_BETTER.search(said) or _COMPLAINT.match(said))


_COMPLAINT: Final = re.compile(
    r"^(?:hi|hello|hey|thanks|thank you|please|well|because|and|but|so|sorry)?[\w ,']{0,12}?\b(?:it|this"
    r"|that|everything|things"
    r"|people|we|they|everybody|nobody|i|all of (?:it|this)|(?:the|our|my) [\w ]{2,30}?)(?:'s|'re"
    r"|'m)? ?(?:is|are|am|was|takes?"
    r"|feels?|hates?|lose|loses|looks?|seems?|gets?|keeps?|have|has|does not work|doesn't work|do not|don't"
    r"|never|always"
    r"|kind of|really|just|too|so|very|waste|wastes|suffer|think|hope|wish|know|understand)\b[^:]*$",
    re.IGNORECASE,
)
_GREETINGS: Final = frozenset(
    ["hello", "hi", "hey", "thanks", "thank", "bye", "ok", "help", "test", "yes", "no", "moin", "hallo"]
)
