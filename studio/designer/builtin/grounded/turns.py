"""Verbs of two words and helping words of English, as one plain verb: "look the booking up" is to get it.

Data and its application; nothing here knows a catalog.
"""

from __future__ import annotations

import re
from typing import Final

_TWO_WORDS: Final = """
look up = get
look at = get
looks at = get
have a look at = get
take a look at = get
read out = get
pull up = get
bring up = get
work out = calculate
figure out = determine
find out = determine
take away = revoke
take back = reverse
take out = remove
take off = void
put back = restore
give back = return
pay back = refund
pay out = pay
send back = return
send out = send
send off = send
go out = send
goes out = send
going out = send
hand out = issue
hand over = assign
call off = cancel
throw away = delete
throw out = delete
get rid of = delete
set free = release
let go = release
switch off = disable
turn off = disable
turn on = enable
switch on = enable
kick off = start
set off = start
set up = create
spin up = create
open up = open
write off = write off
roll back = rollback
write down = note
jot down = note
put down = note
note down = note
set aside = reserve
move up = upgrade
bump up = upgrade
shut down = stop
let know = notify
hear about = notify
hears about = notify
be told = be notified
are told = are notified
is told = is notified
gets told = is notified
sum up = summarize
add up = calculate
bring back = restore
drop a line to = message
drop a line = message
go away = delete
goes away = delete
"""
_PAIRS: Final = tuple(
    (left.split(), right.strip())
    for left, _, right in (line.partition(" = ") for line in _TWO_WORDS.strip().splitlines())
)
_FORMS: Final = {
    "take": r"(?:take|takes|took|taken|taking)",
    "give": r"(?:give|gives|gave|given|giving)",
    "get": r"(?:get|gets|got|getting)",
    "put": r"(?:put|puts|putting)",
    "go": r"go",
    "write": r"(?:write|writes|wrote|written|writing)",
    "bring": r"(?:bring|brings|brought|bringing)",
    "find": r"(?:find|finds|found|finding)",
    "throw": r"(?:throw|throws|threw|thrown)",
    "pay": r"(?:pay|pays|paid|paying)",
    "send": r"(?:send|sends|sent|sending)",
    "set": r"(?:set|sets|setting)",
    "let": r"(?:let|lets|letting)",
    "have": r"(?:have|has|had|having)",
    "be": r"be", "are": r"are", "is": r"is", "gets": r"gets", "goes": r"goes", "going": r"going",
    "looks": r"looks", "hears": r"hears",
}  # fmt: skip


def _form(word: str) -> str:
    base = word.removesuffix("e")
    return _FORMS.get(word) or rf"{base}(?:e|es|s|ed|d|ing|{word[-1]}ed|{word[-1]}ing)?"


_MIDDLE: Final = r"(?P<m>(?: (?!and\b|then\b|to\b|in\b|of\b|on\b)[\w'\-]+){0,4}?)"
_PHRASAL: Final = tuple(
    (
        re.compile(
            rf"\b{_form(words[0])}{_MIDDLE} {' '.join(words[1:])}\b(?! (?:the|an?) (?:note|notice|trace|remark"
            rf"|comment))"
            if len(words) == 2
            else rf"\b{_form(words[0])} {' '.join(words[1:])}(?P<m>)\b",
            re.I,
        ),
        verb,
    )
    for words, verb in _PAIRS
)
_SHORT: Final = tuple(
    (re.compile(pattern, re.I), instead)
    for pattern, instead in (
        (r"\b(is|are|was|were|do|does|did|has|have|had|would|could|should|must)n't\b", r"\1 not"),
        (r"\bcan't\b|\bcannot\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"\b(it|he|she|that|there|what|who)'s\b", r"\1 is"),
        (r"\b(i|we|you|they)'(?:d|ll)\b", r"\1 would"),
        (r"\b(we|you|they)'re\b", r"\1 are"),
        (r"\b(i|we|you|they)'ve\b", r"\1 have"),
        (r"\bi'm\b", "i am"),
        (r"(\w)'s (?=(?:still|already|not|open|ready|over|down|up|there|gone|missing|paid)\b)", r"\1 is "),
        (
            r"(^|[.;,\n]\s*)should (?=(?:it|he|she|they|that|this|the \w+|an? \w+|anything|nobody|somebody) )",
            r"\1if ",
        ),
        (r"\b(?:for )?(?:every|any)(?:one|body|thing) else\b", "otherwise"),
        (r"\((?:but )?not (?:the|our|a) [^)]*\)", ""),
        (
            r"[,.!]?\s*\b(?:thanks|thank you|many thanks|kind regards|best regards|cheers)(?: (?:a (?:lot"
            r"|million)|so much|in advance"
            r"|very much|again))?\s*[.,!]*\s*(?:[A-Z][a-z]+)?$",
            "",
        ),
        (
            r"^(?:hi|hello|hey|dear [\w ]{2,20}|good (?:morning|afternoon))(?: (?:there|all|team))?\s*[,!.]\s*",
            "",
        ),
        (
            r"\b(should|must|shall|will|has to|have to|needs to|is to|are to) (?:appear|show up|end up|turn up|land"
            r"|pop up)\b",
            r"\1 be put",
        ),
        (r"\bgonna\b", "going to"),
        (r"\bno ?one\b", "nobody"),
    )
)


_LEAVE: Final = re.compile(r"\b(?:leaves?(?= (?:an?|some) )|left(?= as an? ))", re.I)


def unfolded(text: str) -> str:
    """The text with short forms written out."""
    for pattern, instead in _SHORT:
        text = pattern.sub(instead, text)
    return text.strip()


def plain_verbs(text: str) -> str:
    """The phrase with verbs of two words as one."""
    text = _LEAVE.sub(lambda m: "add" if m[0].lower().startswith("leave") else "added", text)
    for pattern, verb in _PHRASAL:
        if match := pattern.search(text):
            done = re.match(r"\w*(?:ed|en|aken|iven|one|id|ent)\b", match[0].split()[0], re.I)
            said = f"{verb}{'d' if verb.endswith('e') else 'ed'}" if done else verb
            text = f"{text[: match.start()]}{said}{match['m']}{text[match.end() :]}"
    return text


ENGLISH: Final = """
says said saying tells told telling treat treating treated agrees nod nods bother bothers bothered whoever
whatever whichever
someone nobody anybody everything nothing something anything elsewhere anyway already yet still even almost maybe
instead
rather quite perhaps probably certainly exactly simply usually normally always never sometimes often seldom today
tomorrow
tonight yesterday morning evening afternoon noon midnight week fortnight month quarter year spring summer autumn winter
consent consents hello dear thanks kind regards colleague trainee apprentice boss chief deputy clerk nurse doctor
driver teacher
pupil student
parent child children tenant landlord neighbour visitor passenger patient lawyer judge witness baker farmer
builder plumber
gave given giving took taken taking went gone going came come coming saw seen seeing made making kept keeping
held holding
brought bringing bought buying caught thought found finding felt left leaving lost losing meant meeting paid
paying read rang
ring rings rung ran running sat sent set shot shown shut sold spoke spent stood stuck swore taught thrown
understood wore won
wrote worn worse worst better best early earlier earliest late later latest soon sooner quick quickly slow slowly
heavy heavier
light lighter cheap cheaper dear dearer large larger small smaller big bigger long longer short shorter high
higher low lower
tall wide narrow deep full empty clean dirty dry wet hot cold warm cool nice lovely great good bad awful terrible
fine sorry
angry happy sad tired busy free ready able likely sure certain clear plain simple easy hard difficult rough
smooth strange
owe owes owed owing worth spare share shares board boards notice notices radio terminal desk counter door doors
window floor
roof wall gate garden street road city town village country abroad home house flat office shop store school club
gym clinic
hospital ward bed garage workshop yard fleet truck van car bike bus train plane ship boat tyre tyres tire oil
fuel petrol
letter letters stamp parcel post mailbox inbox screen page paper papers form forms field fields box boxes bin
shelf rack aisle
flaky moody unreliable reliable stubborn broken fixed mended wrong right true false same different other others
another each
every either neither both few several many much more most less least enough plenty half double twice thrice once
again back
away forth ahead behind above below beneath beside between among through throughout across along around about against
"""
"""Everyday words that are no slips of the pen, though no tool speaks of them."""
