"""How people say that something needs a yes first, told plainly: "nothing is paid without the okay of finance" becomes
"ask finance to approve, then it must be paid".

Nothing is understood here; the reader knows the plain way, and every way of saying it becomes that one.
"""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.amounts import DURATION

_NOUN: Final = (
    r"(?:approval|okay|ok|yes|consent|permission|go[ -]ahead|blessing|sign[ -]?off|green light|agreement|thumbs[ -]up"
    r"|confirmation|authori[sz]ation|say[ -]so|nod|signature)"
)
_SAYS: Final = (
    r"(?:(?:has|have|had) )?(?:approv(?:es?|ed)|agree[sd]?(?: to (?:it|that|this))?|says? (?:yes|so)|said yes"
    r"|sign(?:s|ed)? (?:it )?off|confirm(?:s|ed)?|okay(?:s|ed)|consent(?:s|ed)?|authori[sz](?:es?|ed)"
    r"|g(?:ives?|ave|iven) (?:the |his |her |their |an? )?(?:okay|ok|yes|approval|consent|permission|go[ -]ahead))"
    r"(?: (?:it|this|that|to (?:it|this|that)))?"
)
_WHO: Final = (
    r"(?:the |an? |our |one of the )?[a-z0-9][\w\-]*(?: (?!has\b|have\b|says?\b|said\b)[\w\-]+){0,4}?"
)
_MUST: Final = r"(?:may|can|must|shall|should|will|is to|are to|is|are|gets?|could)"
_END: Final = r"(?=[,.;\n]|$| (?:within|in at most|no later|first|before)\b)"
_LIMIT: Final = rf"(?P<in>,? (?:within|in at most|no later than|in) (?:the next )?{DURATION})?"

_GATED: Final = (
    # "without the okay of finance", "without finance's okay", "unless finance has agreed", "before finance said yes".
    rf"(?:without|except with|only with|only upon|only after|only on|upon|with|after) (?:(?:the |an? |prior |written "
    rf"|explicit |express )*{_NOUN} (?:of|from|by) (?P<w1>{_WHO})|(?P<w2>{_WHO})(?:'s|s') (?:prior |written "
    rf"|explicit |express )*{_NOUN})"
    rf"|(?:unless|until|before|only if|only when|only after|only once|if|when|once|after|as soon as) "
    rf"(?:(?P<w3>{_WHO}) {_SAYS}|(?:it|this|that) (?:is|was|has been) (?:approved|okayed|signed off|confirmed"
    rf"|authori[sz]ed) by (?P<w4>{_WHO}))"
    rf"|without (?P<w5>{_WHO}) (?:approving|agreeing|saying yes|signing off|confirming|okaying)(?: (?:it|to it"
    r"|this|that))?"
)
_NOTHING: Final = re.compile(
    rf"(?P<h>^|[.;:\n]\s*|,\s+(?:and |but )?)(?:(?P<none>no|not an?|not one|not a single) (?P<x>[\w\- ]{{2,40}}?)"
    rf"|(?P<nothing>nothing|it|this|they)) (?P<m>{_MUST})(?: (?:never|not|ever))? (?:be )?(?P<v>[a-z]+(?: (?:off|out|up"
    rf"|down|in))?)(?P<r>[^.;\n]{{0,60}}?),? (?:{_GATED}){_END}{_LIMIT}",
    re.IGNORECASE,
)
_ONLY: Final = re.compile(
    rf"(?P<h>^|[.;:\n]\s*|,\s+(?:and |but )?)(?P<x>(?:the|an?|any|every|each|our|all) [\w\- ']{{2,50}}?) "
    rf"(?P<m>{_MUST})(?P<only> only)? be (?P<v>[a-z]+(?: (?:off|out|up|down|in))?)(?P<r>[^.;\n]{{0,60}}?),? "
    rf"(?:{_GATED}){_END}{_LIMIT}",
    re.IGNORECASE,
)
_NEVER: Final = re.compile(
    rf"(?P<h>^|[.;:\n]\s*|,\s+(?:and |but )?)(?:never|do not|don't|please don't|not to) (?:ever )?(?P<v>[a-z]+)"
    rf"(?P<r> [^.;\n]{{2,60}}?),? (?:{_GATED}){_END}{_LIMIT}",
    re.IGNORECASE,
)
_ASKED: Final = re.compile(
    rf"\b(?:approv\w+|{_NOUN}|agree[sd]?|confirm\w*|decides?|signs? off)\b", re.IGNORECASE
)

_BOUND: Final = r"(?:above|over|below|under|more than|less than|exceeding|at least|from|up to|beyond|>|<)"
_AMOUNT: Final = (
    r"[€$£]?\s?\d[\d.,]*\s?(?:k\b)?\s?(?:€|%|\$|£|(?:euros?|eur|dollars?|usd|pounds?|gbp|chf|francs?|percent|per cent"
    r"|days?|hours?|pieces?|units?|items?)\b)?"
)
_HAVE: Final = r"must|has to|have to|needs? to|should|shall"
_RULES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), instead)
    for pattern, instead in (
        # Who gives the yes, and what it is called.
        (r"\b(?:run|runs|put|take) (?:it|this|that|the [\w ]{2,25}?) (?:by|past) (?=(?:the|an?|our)\b)",
         "get the approval of "),
        (r"\b(?:get|gets|obtain|obtains|seek|fetch|collect|secure)(?: (?:an? |the |his |her |their )?"
         rf"{_NOUN}) (?:of|from|by) ", "get the approval of "),
        (rf"\b(?:(?:shall|must|will|should) )?(?:needs?|requires?|has to have|must have|shall have|takes"
         rf"|wants|is subject to|are subject to|calls for"
         rf"|depends on) (?:(?:the|an?|prior|written|explicit) )*{_NOUN} (?:of|from|by) ", "needs the approval of "),
        (r"\b(?P<p>upon|with|after|without) (?:(?:the|an?|prior|written|explicit|express) )*(?:okay|ok|yes|consent"
         r"|go[ -]ahead|blessing|green light|thumbs[ -]up|nod|say[ -]so) (?:of|from|by) ", r"\g<p> approval by "),
        (r"\b(?:has|have|needs?) to (?:give (?:the |his |her |their |an? )?(?:green light|nod|blessing|thumbs[ -]up"
         r"|yes)|say yes(?: to (?:it|this|that))?|green-?light(?: it)?|wave it through|be (?:fine|happy|okay|ok)"
         r" with (?:it|this|that))", "has to approve"),
        (r"\b(?:must|should|shall) (?:give (?:the |his |her |their |an? )?(?:green light|nod|blessing|thumbs[ -]up"
         r"|yes)|say yes(?: to (?:it|this|that))?|green-?light(?: it)?|wave it through|be (?:fine|happy|okay|ok)"
         r" with (?:it|this|that))", "must approve"),
        (r"\b(?:says yes(?: to (?:it|this|that))?|gives (?:the |his |her |their |an? )?(?:green light|nod|blessing"
         r"|thumbs[ -]up|yes)|green-?lights(?: it)?|waves it through|is (?:fine|happy|okay|ok) with (?:it|this"
         r"|that))", "approves"),
        (r"\b(?P<m>must|has to|have to|should|shall|needs to) be (?:okayed|ok'?ed|green-?lit|cleared|countersigned"
         r"|authori[sz]ed|blessed|waved through) by\b", r"\g<m> be approved by"),
        # Conditions in front of a question: "above 500 the controller has to sign off, under that just do it".
        (rf"(?P<h>^|[.;:\n]\s*|, (?:and |but )?)(?P<c>{_BOUND} {_AMOUNT}),? (?=(?:(?:the|an?|our) )?[\w\- ]{{2,40}}? "
         rf"(?:{_HAVE}|approves|signs|decides|agrees|confirms)\b)", r"\g<h>if it is \g<c>, "),
        (rf"(?P<c>\bif [^.;,\n]*?{_AMOUNT}) (?=(?:(?:the|an?|our) )?[a-z][\w\-]*(?:"
         rf" [\w\-]+){{0,2}}? (?:{_HAVE}) (?:first "
         r")?(?:approve|sign|agree|confirm|ok|okay|decide|authori[sz]e)\b)", r"\g<c>, "),
        (r"(?P<c>[,.;] |\n)(?:and |but )?(?:anything |everything |all |amounts |orders )?(?:under|below"
         r"|above|over|less than"
         r"|more than|up to) (?:that|this|it)(?: (?:amount|limit|sum))?,? (?=[a-z])", r"\g<c>otherwise, "),
        # How many.
        (r"\b(?:at least |any |a minimum of |no fewer than )(?=(?:two|three|four|2|3|4)\b(?: \w+){1,4} (?:must|have to"
         r"|has to|need|should|approve|agree))", ""),
        (r"\b(?P<n>two|three|four|2|3|4)(?: different| separate| independent)? (?:people|persons|members|colleagues"
         r"|employees|of us|folks)? ?(?:of|from|in) (?:the |our )?(?P<w>[\w]+(?: team| department)?)(?= (?:must|have to"
         r"|has to|need|should|shall|to\b|approve|agree|confirm|within)|[,.;\n]|$)", r"\g<n> \g<w>"),
        (r"\bboth (?:of (?:the|our) )?(?P<w>[\w]+s) (?=must|have to|need to|should|shall|approve)", r"two \g<w> "),
        # Answers and silence.
        (r"(?P<h>^|[.;:\n]\s*)(?:on|upon|in (?:the )?case of|after|following|at) (?:an? |the |any"
         r" )?(?:rejection|refusal"
         r"|denial|veto|no)(?: (?:by|from|of) [\w ]+?)?[,:] ", r"\g<h>if it is rejected, "),
        (r"(?P<h>^|[.;:\n]\s*)(?:on|upon|in (?:the )?case of|after) (?:an? |the |any )?(?:silence|expiry|no answer|no"
         r" (?:reply|response|reaction))[,:] ", r"\g<h>if nobody answers, "),
        (r"\b(?P<w>he|she|they|(?:the |our )[\w ]{2,30}?|one of them) (?:turns? (?:it|this|that|the \w+) down|turns"
         r" down (?:it|this|that|the \w+)|objects?(?: to it)?|vetoe?s?(?: it)?|is against it|does not want (?:it"
         r"|this|that)|does not say yes|says? no(?: to (?:it|this|that))?|refuse)(?=[,:]? )", r"\g<w> refuses"),
        (rf"(?P<h>^|[.;:\n]\s*|, (?:and )?)after (?P<d>{DURATION})(?: without (?:an? )?(?:answer|reply"
         rf"|response|decision"
         rf"|reaction))?,? (?:it (?:goes|is escalated|is passed on|escalates)|escalate(?: it| this| that)?|pass it on"
         r"|we escalate(?: it)?) to (?P<w>(?:the |an? |our )?[\w ]{2,30}?)(?: too| as well| instead)?(?=[,.;\n]|$)",
         r"\g<h>if nobody answers within \g<d>, ask \g<w> to approve"),
        (rf"(?P<h>^|[.;:\n]\s*|,? (?:and )?)(?:it (?:goes|is escalated|escalates)|escalate(?: it| this| that)?) to"
         rf" (?P<w>(?:the |an? |our )?[\w ]{{2,30}}?) (?:after|if (?:nobody|no one|there is no one who) answers"
         rf" (?:within|in|for)) (?P<d>{DURATION})(?=[,.;\n]|$)",
         r"\g<h>if nobody answers within \g<d>, ask \g<w> to approve"),
        (r"(?P<h>\bif [^.;\n]*?, )(?:(?:then )?(?:escalate(?: it| this| that)?|it goes|it is escalated|it escalates"
         r"|pass it on|we escalate(?: it)?) to) (?P<w>(?:the |an? |our )?[\w ]{2,30}?)(?: too| as well"
         r"| instead)?(?=[,.;\n]|$)", r"\g<h>ask \g<w> to approve"),
        # How long.
        (rf"\b(?:the (?:deadline|time ?limit) (?:for (?:that|this|it) )?is|the (?:approval|question|request) (?:expires"
         rf"|lapses|is valid|stays open|is open|runs out)(?: after| for| in| within)?) (?P<d>{DURATION})",
         r"they have \g<d>"),
        (rf"\b(?:give|allow|leave|grant) (?:them|him|her|the [\w ]{{2,25}}?|everybody) (?P<d>{DURATION}) (?:to|for) "
         r"(?:answer\w*|decid\w+|approv\w+|respon\w+|react\w*|agree\w*|do (?:so|that)|that|it|reply\w*)",
         r"they have \g<d>"),
    )
)  # fmt: skip
_GIVE: Final = re.compile(
    rf"\b(?:give|allow|grant) (?:them|him|her|the (?P<w>[\w ]{{2,25}}?)) (?:up to |at most )?(?P<d>{DURATION})"
    r"(?= *(?:[,.;\n]|$|and\b))",
    re.IGNORECASE,
)


def with_plain_yeses(text: str) -> str:
    """The text with what is said of approvals in the one way that the reader knows."""
    if not _ASKED.search(text) and not re.search(
        r"\b(?:without|unless|run it (?:by|past)|escalat)", text, re.I
    ):
        return text
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    text = _GIVE.sub(r"they have \g<d>", text)
    for gated in (_NOTHING, _ONLY):
        text = gated.sub(_asked_first, text)
    return _NEVER.sub(_asked_before, text)


def _who(match: re.Match[str]) -> str:
    return next((match[f"w{n}"] for n in range(1, 6) if match[f"w{n}"]), "").strip()


def _asked_first(match: re.Match[str]) -> str:
    who, x = _who(match), match["x"]
    groups = match.groupdict()
    forbids = bool(groups.get("none") or (groups.get("nothing") or "").lower() == "nothing")
    says = match[0].lower()
    gated = forbids or bool(re.search(r"\bonly\b", says)) or bool(re.search(r"\b(?:not|never)\b", says))
    if not gated or not who or _NOBODY.search(who):
        return match[0]
    what = re.sub(r"^(?:any|every|each|an?|all) ", "the ", x.strip(), flags=re.I) if x else "it"
    what = what if not groups.get("none") else f"the {what}"
    rest = re.sub(r"\s+only\b", "", match["r"])
    return f"{match['h']}ask {who} to approve{match['in'] or ''}, then {what} must be {match['v']}{rest}"


def _asked_before(match: re.Match[str]) -> str:
    who = _who(match)
    if not who or _NOBODY.search(who):
        return match[0]
    return f"{match['h']}ask {who} to approve{match['in'] or ''}, then {match['v']}{match['r']}"


_NOBODY: Final = re.compile(
    r"\b(?:it|that|this|there|is|are|was|status|payment|check|test|mail|system|nobody|anyone|anybody|approval|any)\b",
    re.IGNORECASE,
)
