"""What waits, repeats, fails or sets off, told in stories and notes, becomes the plain clause that the reader knows.

Like `normal`, nothing is understood here. The rules stand before those of courtesy and of who does what.
"""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.amounts import NUMBER_WORDS

_COUNT: Final = (
    r"(?:\d+(?:\.\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty)"
)
_LONG: Final = rf"{_COUNT}\s*(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?)"
_HEAD: Final = r"(?P<h>^\s*|[.;:\n]\s*|,\s*(?:and\s+|then\s+)?|\b(?:and|then)\s+)"
_TYPED: Final = (
    r"(?:name|enter|give|type(?: in)?|fill in|paste|provide|choose|pick|select|put in|supply|pass(?: in)?)"
)
_RULES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), instead)
    for pattern, instead in (
        (r"\bautomate (?:me|this|it|that)(?: please)?[.!]*\s*$", ""),
        (r"\b(?:for (?:whatever|any|some) reason|whatever the reason)\b", ""),
        (r",?\s*(?:and |but )?(?:do not|don't|never) (?:just )?(?:stop|fail|end|die) silently\b", ""),
        (r"(\d)\s*([ap])\.m\b\.?(?=\s*[,a-z])", r"\1 \2m"),
        (r",?\s*(?:our|your|local) time,?(?: here)?(?= in [A-Z])", ""),
        # Time that goes by.
        (rf"{_HEAD}(?:when|once|after) (?P<d>{_LONG}) (?:has|have|had|are|is) (?:gone by|passed|elapsed|over)\b,?\s*",
         r"\g<h>wait \g<d>, then "),
        (rf"{_HEAD}(?P<d>{_LONG}) (?:later(?: on)?|thereafter|afterwards|after (?:that|this|which))\b,?\s*"
         r"(?:(?:we|i|you|it) )?(?=\w)", r"\g<h>wait \g<d>, then "),
        (rf"{_HEAD}after (?P<d>{_LONG})\s+(?!of\b|from\b|since\b|without\b|have\b|has\b|or\b)"
         r"(?:(?:we|i|you) )?(?=[a-z]+ )",
         r"\g<h>wait \g<d>, then "),
        (rf"\b(?P<w>(?:wait|pause|sleep)(?: for)? {_LONG})(?: or so)?, "
         r"(?!and\b|then\b|only\b|but\b|until\b|if\b|when\b)", r"\g<w>, then "),
        # A condition and a mishap.
        (r"(?P<h>^\s*|[.;\n]\s*)where (?=[^,.;\n]{3,80},\s)", r"\g<h>if "),
        (r"(?P<h>^\s*|[.;\n]\s*)provided (?:that )?(?=[^,.;\n]{3,80},\s)", r"\g<h>if "),
        (r"\b(?P<n>has|have|must|should) (?:to )?(?:go away|disappear|vanish)(?: again)?\b", "must be removed"),
        (r"\bdoes not (?:succeed|work out|go well)\b|\bdoesn't (?:succeed|work out|go well)\b", "fails"),
        (r"(?P<h>^\s*|[.;,\n]\s*)(?:if )?(?P<s>[\w ]{2,30}? (?:fails|times out|goes wrong|does not work|doesn't work))"
         r"\s*(?:->|=>|→|⇒)\s*", r"\g<h>if \g<s>, "),
        (r"(?P<h>^\s*|[.;\n]\s*)an? (?P<s>[\w ]{2,30}?) (?:that|which) (?:can't|cannot|can not|could not) be \w+ is no"
         r" reason to (?:fail|stop)\s*[:,;]\s*(?P<r>[^.\n]*?)(?: instead)?(?=[.\n]|$)",
         r"\g<h>if the \g<s> fails, do not stop but \g<r>"),
        (r"\b(?P<v>lies|lie) (?=(?:above|below|over|under|at)\b)", "is "),
        # What is typed in.
        (rf",?\s*\(?\b(?:to be (?:entered|typed in|filled in|given|named)|(?:that|which|whom)? ?(?:i|we|you|the user"
         rf"|the clerk) {_TYPED})\b(?: myself| ourselves| at the start| by hand)?\)?"
         r"(?=\s*(?:[,.;:\n]|$|and\b))", ""),
        (r"\((?:is |to be |it is )?(?:entered|typed in|given|filled in)(?: [\w ]{2,25})?\)", ""),
        # Loops.
        (r",?\s*(?:and )?(?:never|not|no) (?:two|more than one)(?: of them)? (?:together|at once|at a time"
         r"|at the same time|in parallel)\b", ", one after the other"),
        (r"\b(?:one|1) after (?=other\b)", "one after the "),
        (r"(?P<h>^\s*|[.;\n]\s*|->\s*)(?:go|run|walk|loop) (?:through|over) (?:all (?:of )?)?(?:the |our |these )?"
         r"(?P<n>[\w\- ]{3,60})[.;]\s+(?=\w)", r"\g<h>for each \g<n>: "),
        (r"\bfor (?:each|every one|every single one|each one) of (?:them|these|those)\b,?\s*"
         r"(?P<t>(?:with|saying|via|by|using) [^.;\n]+)", r"\g<t> for each of them"),
        (r"(?P<h>^\s*|[.;\n:]\s*)(?:each|every|all)(?: (?:single )?one)?(?: of)?(?: (?:these|those|the|our))? "
         r"(?P<n>[\w\- ]{2,50}?) (?:should |must |shall |will |has to |is to |are to |have to )?(?:gets?|receives?)"
         r" (?P<w>an? [^.;\n]+)", r"\g<h>for each \g<n>, send it \g<w>"),
        (r"(?P<h>^\s*|[.;\n]\s*)(?P<e>for (?:each|every|all)[^:.;\n]{2,50}: )(?P<q>is|are) "
         r"(?P<s>the \w+|it|he|she|they) (?P<r>[\w ]{2,30})\?\s*", r"\g<h>\g<e>check whether \g<s> \g<q> \g<r>. "),
        (r"\bin (?:a )?strict(?:ly)? (?:sequence|order)\b|\bstrictly in (?:sequence|order)\b", "one after the other"),
        (r"\brepeat (?:this|that|it|these (?:steps|two|three)|all (?:of )?(?:this|that))(?=,? (?:until|till)\b)",
         "repeat that"),
        # Events and calls of others.
        (r"\bthe event (?:called|named|with the name) (?=\w)|\ban event (?:called|named|with the name) (?=\w)",
         "the event "),
        (r"(?P<e>\bevent \"?[\w\-]+(?:\.[\w\-]+)+\"?) (?:is (?:published|emitted|dispatched)|shows up|turns up"
         r"|is there)",
         r"\g<e> arrives"),
        (r"(?P<e>\bevent \"?[\w\-]+(?:\.[\w\-]+)+\"? (?:arrives|occurs|comes in|happens)),? (?:\([^)]*\)|with "
         r"(?:the |its |an? )?[\w ]+?),\s*", r"\g<e>, "),
        (r"(?P<h>^\s*)POST (?=/[\w\-/]+ (?:from|by)\b)", r"\g<h>A webhook "),
        (r"(?P<h>^\s*)(?:the |our |an? )?(?P<w>[\w ]{2,25}?) (?:POSTs|posts|calls|pings|hits)(?: us)? (?:to |at |on )?"
         r"(?P<p>/[\w\-/]+)(?: with (?:the |an? |its )?[\w ,]+)?(?=[.;:\n])", r"\g<h>A webhook \g<p> from the \g<w>"),
        (r"(?P<h>^\s*|[.;\n]\s*)on (?:the |this |each |every )?call[:,]\s*", r"\g<h>"),
        (r"\bas soon as this (?:occurs|happens),?\s*", "then "),
        (r"\bis able to (?=(?:call|post|send|reach)\b)", "can "),
    )
)  # fmt: skip
_SIDE_BY_SIDE: Final = re.compile(
    r"(?P<h>^\s*|[.;,\n]\s*|\b(?:and then|and|then)\s+)(?:do |run |start )?(?:these|this|all (?:of )?(?:this|these)"
    r"|the following|all (?:three|four|two) of (?:these|them)|both)(?: things)?,? (?:in parallel|simultaneously"
    r"|at the same time|at once|side by side|concurrently)(?: please)?:\s*(?P<parts>[^.;\n]+)",
    re.IGNORECASE | re.MULTILINE,
)
_NAMED_DEED: Final = re.compile(
    r"^(?P<art>an? |the |one )?(?P<n>(?:(?!in|on|to|for|of|from|with|that|who)\w+ ){0,3}?(?P<noun>ticket|issue|task|job"
    r"|note|comment|trace|email|mail|message))\b(?P<r>.*)$",
    re.IGNORECASE,
)
_MAKES: Final = {
    "ticket": "open", "issue": "create", "task": "create", "job": "open", "note": "add", "comment": "add",
    "trace": "add", "email": "send", "mail": "send", "message": "send",
}  # fmt: skip
_HOURS: Final = "|".join(w for w, n in NUMBER_WORDS.items() if w not in ("a", "an") and 0 < n <= 12)
_WINDOW: Final = re.compile(
    rf"\b(?P<w>from|between) (?P<a>\d{{1,2}}|{_HOURS}|eleven) (?P<t>till|until|to|and) (?P<b>\d{{1,2}}|{_HOURS}|eleven)"
    r"(?: o'?clock)?,? (?P<e>every (?:\w+ )?(?:hours?|minutes?))",
    re.IGNORECASE,
)


def rephrased(text: str) -> str:
    """The request with its turns of phrase said plainly; quoted texts must have been taken out before."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    text = _WINDOW.sub(
        lambda m: f"{m['e']} from {_hour(m['a'])} to {_hour(m['b'], after=_hour(m['a']))}", text
    )
    return _SIDE_BY_SIDE.sub(_apart, text)


def _apart(match: re.Match[str]) -> str:
    """ "all of this in parallel: a ticket, a note on the order" as deeds at the same time."""
    parts = [p for p in re.split(r",\s*(?:and\s+)?|\s+and\s+", match["parts"].strip()) if p]
    return f"{match['h']}at the same time, {' and '.join(_deed(p) for p in parts)}"


def _deed(part: str) -> str:
    """ "a note on the order" as "add a note on the order"; a part that begins with a deed as it is."""
    named = _NAMED_DEED.match(part)
    return (
        f"{_MAKES[named['noun'].lower()]} {named['art'] or 'a '}{named['n']}{named['r']}" if named else part
    )


def _hour(word: str, after: int = 0) -> int:
    """The hour on a clock of 24; one that is not later than ``after`` is one of the afternoon."""
    hour = int(word) if word.isdigit() else NUMBER_WORDS.get(word.lower(), 11)
    return hour + 12 if hour <= after and hour < 12 else hour
