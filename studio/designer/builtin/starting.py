"""What sets a workflow off, in words: a time, a call from another system, something that happened, or a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from studio.designer.builtin.schedules import Schedule, find_schedule
from studio.designer.builtin.verbs import KNOWN_VERBS, starts_with_verb
from studio.designer.builtin.words import raw_tokens, singular, stem
from studio.designer.builtin.zones import find_zone

WHEN_PUBLISHED = "It does so from when it is published."
"""Said wherever a trigger is written or told: nobody is to wait for a run of a draft."""


@dataclass(frozen=True, slots=True)
class Hook:
    """Another system calls: ``source`` is who, ``path`` the address it said, "" when none was said."""

    source: str
    path: str
    words: str


@dataclass(frozen=True, slots=True)
class Happening:
    """An event: ``name`` as in "ticket.created"; ``entity`` what it is about; ``having`` a condition on it in words."""

    name: str
    entity: str
    having: str
    words: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """A person does something; nothing watches for that."""

    words: str


Start: TypeAlias = Schedule | Hook | Happening | Occasion

_WHEN: Final = (
    r"(?:when(?:ever)?|every time|each time|any ?time|as soon as|once|if|on|upon|after|starts? (?:when|by|with|on)|"
    r"it (?:should |must )?starts?(?: by| when| with| on)?|start(?:ed)? (?:by|when|with)|triggered (?:by|when))"
)
_HOOK: Final = re.compile(
    r"\b(?:web ?hooks?|web address|call-?back|http (?:call|request|post)|post(?:s|ed)? (?:it |this )?to (?:us"
    r"|/[\w/-]*)|"
    r"post request|calls? (?:our|a|an|the|my) (?:url|end ?point|api|address))\b",
    re.IGNORECASE,
)
_SYSTEMS: Final = (
    r"stripe|paypal|shopify|github|gitlab|salesforce|hubspot|zendesk|typeform|calendly|twilio|sentry|grafana|datadog|"
    r"pagerduty|jira|mailchimp|adyen|klarna|woocommerce|magento|sap|odoo|xero|workday|bamboohr|personio|okta|zapier"
)
_SYSTEM: Final = re.compile(
    rf"^(?P<w>{_WHEN})\s+(?:the |our |a |an )?(?P<who>{_SYSTEMS}|[\w ]{{0,20}}?(?:portal|web ?site|web ?shop"
    rf"|form|erp|system|"
    r"software|scanner|monitoring|provider|platform|app))\s+(?:(?:can |could |would )?(?:sends?|posts?|calls?"
    r"|notifies|"
    r"reports?|pushes|fires|tells us|informs us|submits))\b(?P<what>[^,]*)",
    re.IGNORECASE,
)
_PATH: Final = re.compile(r"(?<![\w:/.])/[a-z][\w\-]*(?:/[\w\-]+)*", re.IGNORECASE)
_EVENT: Final = re.compile(
    rf"^{_WHEN}\s+(?:the |an? )?(?:event\s+\"?(?P<a>[a-z][\w\-]*(?:\.[\w\-]+)*)\"?(?:\s+(?:occurs?|comes(?: in)?"
    rf"|happens|"
    r"arrives|is (?:received|sent|raised|fired)|fires))?"
    r"|\"?(?P<b>[a-z][\w\-]*(?:\.[\w\-]+)+)\"?(?:\s+event)?(?:\s+(?:occurs?|"
    r"comes(?: in)?|happens|arrives|is (?:received|sent|raised|fired)|fires))?)",
    re.IGNORECASE,
)
_DONE: Final = (
    r"created|opened|placed|received|submitted|registered|added|booked|paid|shipped|delivered|cancelled|canceled"
    r"|reported|"
    r"raised|filed|uploaded|signed|approved|rejected|closed|assigned|updated|changed|deleted|escalated|hired"
    r"|published|"
    r"detected|triggered|returned|refunded|requested|imported|completed|finished|resolved|generated|logged"
    r"|scanned|sent|lost"
)
_HAPPENED: Final = re.compile(
    rf"^(?:a|an|any|some|the|every|each|one of our|our)?\s*(?P<new>new\s+|incoming\s+"
    rf"|fresh\s+)?(?P<noun>[a-z][\w\-]*(?: [a-z][\w\-]*)?)\s+"
    rf"(?:(?:is|gets|was|has been|has just been|have been|must be)\s+(?:newly |just )?(?P<done>{_DONE})|"
    r"(?P<come>comes? in|arrives?|appears?|turns up|lands|is there|drops in|reaches us|fires|goes off|signs up"
    r"|joins|starts))"
    r"(?P<rest>(?:\s+(?:with|in|by|from|for|at|on|through|via|to)\b.*)?)$",
    re.IGNORECASE,
)
_WE_GET: Final = re.compile(
    r"^(?:we|i|somebody|someone|the team) (?:get|receive|have got|gets|receives)s? (?:a|an|some"
    r"|any)?\s*(?P<new>new |incoming )?"
    r"(?P<noun>[a-z][\w\-]*(?: [a-z][\w\-]*)?)(?P<rest>(?:\s+(?:with|in|by|from|for)\b.*)?)$",
    re.IGNORECASE,
)
_PEOPLE: Final = frozenset(
    map(
        stem,
        [
            "customer",
            "client",
            "somebody",
            "someone",
            "user",
            "person",
            "people",
            "manager",
            "buyer",
            "shopper",
        ],
    )
)
_ONLY_STARTS: Final = re.compile(
    r"^(?:(?:and )?(?:it|this|that|the (?:workflow|process|whole thing)|do (?:it|this)|run (?:it|this)?|all"
    r" (?:of )?(?:this|that)|"
    r"please)?\s*(?:should |must |shall |will |has to |is to |needs to )?(?:be )?(?:runs?|started|starts?|run"
    r"|happens?|executed?|"
    r"triggered|scheduled?)?\s*(?:itself|automatically|by itself)?|(?:schedule|when|trigger|start|time)\s*:?)$",
    re.IGNORECASE,
)
_SENDS_ALONG: Final = re.compile(
    r"^(?:it|they|that|the \w+|which|and)?(?:'d| would| will| can)?\s*(?:also )?(?:sends?|gives?|pass(?:es)?"
    r"|includes?|contains?|"
    r"has|comes with|delivers?|provides?)(?: us)?(?: along)?(?: with (?:it|that))? (?:the|its|an?|their) [\w ,]+$",
    re.IGNORECASE,
)
_THEN: Final = re.compile(
    r"^(?:when (?:that|this|it) happens|in that case|then|on that)\b[, ]*", re.IGNORECASE
)


def read_schedule(sentence: str) -> tuple[Schedule, str] | None:
    """A time in a sentence, and what is left of the sentence."""
    found = find_schedule(sentence)
    if found is None:
        return None
    before, after = sentence[: found.start].strip(" ,;:-"), sentence[found.end :].strip(" ,;:-()")
    if (zone := (find_zone(after) if not found.zone else None)) and not re.sub(
        r"\W", "", after[: zone.start]
    ):
        after = after[zone.end :].strip(" ,;:-()")
    if re.match(r"^(?:i|we) (?:have|get|see|receive|sit|spend)\b", after, re.IGNORECASE):
        return None
    before = re.sub(r"\b(?:starting|beginning|running|always|on|at|and)$", "", before).strip(" ,")
    if _ONLY_STARTS.match(before):
        before = ""
    rest = (
        f"{before} {after}".strip()
        if not before or not after
        else f"{before}, {after}"
        if before[-1:] in ".;"
        else f"{before} {after}"
    )
    if _ONLY_STARTS.match(rest):
        rest = ""
    rest = re.sub(
        r"^(?:it |the workflow )?(?:should |must )?(?:run|starts?|runs)? ?(?:and|to|:)\s+",
        "",
        rest,
        flags=re.I,
    )
    return found, rest


def read_hook(sentence: str) -> tuple[Hook, str] | None:
    """A call from another system, and what is left of the sentence."""
    named = _SYSTEM.match(sentence)
    marked = _HOOK.search(sentence)
    starts = re.match(rf"^{_WHEN}\b", sentence, re.IGNORECASE)
    able = re.search(
        r"\b(?:can|could|will|would|it) (?:call|send|post|reach)\b|\b(?:sends?|posts?"
        r"|calls?)\b[^.;]{0,60}\bweb ?hook|\bby (?:a |an )?web ?hook\b",
        sentence,
        re.I,
    )
    if not named and not (marked and (starts or able or re.match(r"^(?:a )?web ?hook\b", sentence, re.I))):
        return None
    head, comma, rest = sentence.partition(",")
    if not comma and (colon := re.match(r"^([^:]+):\s+(.+)$", sentence)):
        head, rest = colon[1], colon[2]
    path = _PATH.search(sentence)
    rest = rest.strip()
    if not starts:
        # "We have a form where people leave a, b and c, and it can call us": all of it only tells what there is.
        later = [m.end() for m in re.finditer(r"[,;:]\s+(?:and\s+|then\s+|please\s+)*", sentence)]
        rest = next((sentence[at:] for at in later if starts_with_verb(sentence[at:], KNOWN_VERBS)), "")
    if rest and (
        _SENDS_ALONG.match(rest)
        or _PATH.search(rest)
        or re.match(r"^(?:i think|probably|if possible)\b", rest, re.I)
    ):
        rest = rest.partition(",")[2].strip()
    who = named["who"] if named else ""
    if not who and (
        said := re.search(
            r"\b(?:from|of|by|in) (?:our|the|a|an|my) ([\w ]{2,25}?)(?=$|,| where| that| which| and|\.)",
            sentence,
            re.I,
        )
    ):
        who = said[1]
    if not who and (
        said := re.match(
            r"^(?:we have )?(?:our|the|a|an|my) ([\w ]{2,20}?) (?:can|could|on|calls|will)\b", sentence, re.I
        )
    ):
        who = said[1]
    who = "" if re.match(r"^(?:a )?web ?hook", who, re.I) else who
    return Hook(" ".join(raw_tokens(who)), path[0].lower() if path else "", head), rest


def read_happening(head: str) -> Happening | None:
    """ "a ticket is created with priority urgent" (without its "when") as an event."""
    head = head.strip(" ,.")
    if explicit := _EVENT.match(f"when {head}"):
        name = (explicit["a"] or explicit["b"]).lower()
        return Happening(name, name.split(".")[0], "", head)
    match = _HAPPENED.match(head) or _WE_GET.match(head)
    if match is None:
        return None
    found = match.groupdict()
    noun = singular(found["noun"].lower())
    if stem(noun.split()[-1]) in _PEOPLE and found.get("come"):
        return None
    done = (found.get("done") or "").lower()
    if not done:
        come = (found.get("come") or "").lower()
        done = {
            "fires": "fired",
            "goes off": "fired",
            "signs up": "created",
            "joins": "joined",
            "starts": "started",
        }.get(come, "created" if found.get("new") else "received")
    done = "cancelled" if done == "canceled" else done
    return Happening(f"{'_'.join(noun.split())}.{done}", noun, (found["rest"] or "").strip(), head)


def is_sent_along(sentence: str) -> bool:
    """ "it sends along the invoice number": what a call brings, and no deed of ours."""
    return _SENDS_ALONG.match(sentence) is not None


def without_then(sentence: str) -> str:
    return _THEN.sub("", sentence)
