"""A request in one manner of speaking: what people tell in stories, lists, arrows and courtesies becomes plain clauses.

Nothing is understood here. Each rule replaces a way of saying something by the plain way, so that the reader needs to
know one of them only.
"""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.verbs import starts_with_verb

_SUBJECT: Final = re.compile(
    r"(?P<head>^|[.;:\n]\s*|,\s*|\b(?:and|then|but|so|also|please|first|next|finally|otherwise|thereafter"
    r"|afterwards|later|(?:at|in) the end|after that),?\s+|"
    r"\b(?:i|we) do (?:today )?(?:by hand )?is:?\s+)"
    r"(?P<who>(?:i|we|you|it|they|she|he|one|somebody|someone|the (?:workflow|system|process|agent|bot|automation))"
    r"(?:'d|'ll|'ve)?)\s+"
    r"(?P<how>(?:(?:then|just|also|only|now|first|finally|always|usually|normally|would|will|can|could|should"
    r"|shall|must|"
    r"might|may|have to|has to|need to|needs to|want to|wants to|would like to|like to|is to|are to|am to|simply|"
    r"automatically|today|ought to|is supposed to|has|go and|please|immediately)\s+)*)(?P<rest>\S[^,.;\n]*)",
    re.IGNORECASE,
)
_WISH: Final = re.compile(
    r"\b(?:(?:i|we)(?:'d| would)? (?:really )?(?:like|love|want|need|wish|prefer)(?: it)?|it(?:'d| would) be"
    r" (?:great|nice|"
    r"lovely|good|cool)|would be (?:great|nice|lovely|good|cool)|(?:can|could|would) (?:you|it|we)(?: please|"
    r" just| perhaps)*|"
    r"please (?:make|build|create|set up|write)(?: me| us)? something that|make me something that|i'm looking"
    r" for something that|"
    r"make sure that|see to it that)"
    r"(?:,?\s*(?:if|that|for)\s+(?:it|you|this|we|the (?:workflow|system|process))\s+(?:could|would|can|should|to)?"
    r"|\s+(?:you|it|this|the (?:workflow|system|process)) to|\s+to)?(?:\s+(?:please|kindly|just))*\s+",
    re.IGNORECASE,
)
_LONG: Final = (
    r"(?:\d+(?:\.\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty)\s*"
    r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?)"
)
_RULES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), instead)
    for pattern, instead in (
        # Courtesies and asides that say nothing about what is to be done.
        (r"[:;]-?[)DP(/](?=\s|$)|\(:|<3", ""),
        (r"(?:^|(?<=[.!?\n])) *(?:(?:pretty |that's |quite )?(?:easy|simple|clear)|right|ok(?:ay)?|got it"
         r"|possible|is that"
         r" possible|can you do (?:that|this|it)|does that work)(?:,? (?:no|right|isn't it|huh|or not|yes"
         r"|enough))?\?+", ""),
        (r"(?:^|(?<=[.\n])) *(?:from time to time|(?:every )?now and (?:then|again)|sometimes|occasionally"
         r"|once in a while"
         r"|every so often|it happens that|every once in a while),? (?=\w)", ""),
        (r"(?P<h>^|[.\n]\s*)(?:somebody|someone|people|some people)"
         r" (?=(?:asks?|wants?|requests?|demands?|complains?)\b)",
         r"\g<h>a person "),
        (r"^(?:hi|hello|hey|dear [\w ]+|good (?:morning|afternoon|evening))(?: (?:there|all|team"
         r"|everybody))?\s*[,!.]\s*", ""),
        (r"^(?:oh|ok|okay|so|well|right|hmm|um|alright|now)(?:\s*,\s*|\s+(?=(?:so|and|the|we|i|on|at|every|when"
         r"|if|what|could)\b))(?:and |so )?", ""),
        (r"[,.!]?\s*(?:thanks|thank you|many thanks|kind regards|best regards|regards)(?: (?:a lot|so much|in"
         r" advance|very much))?\s*[.!]*\s*$", ""),
        (r"\s*,?\s*(?:so that|so) (?:i|we|you|they|everybody|everyone|people|nobody|no one|it)"
         r" (?!can\b.{0,10}\bif\b)[^.;\n]*", ""),
        (r"\((?:it's|it is|this is|that's|because|since|as|otherwise it)[^)]*\)", ""),
        (r"\bplease build (?:that|this|it) for me\b[^.\n]*", ""),
        (r"^(?:build|make|do) (?:this|that|it|the following)(?: for (?:me|us))?\s*[:,.]\s*", ""),
        (r"^(?:steps?|the steps|workflow|process|procedure|flow|here is the process|what i do)(?: are)?\s*:\s*$", ""),
        (r"\bwhat (?:i|we) (?:do|did|usually do|normally do)(?: (?:today|now|at night|then))?(?: by hand)?(?:"
         r" when [^:.\n]*?)?(?: is always the same| is this| is)?\s*:\s*", ""),
        (r"^(?:i|we) (?:only |just )?want to (?:type|enter|give)(?: in)? [^.\n]*[.\n]", ""),
        (r",\s*no need to ask me\b", ""),
        # "Should it exceed 5 %" and "upon receipt of" are "if" and "when".
        (r"(^|[.;\n]\s*)should (?=(?:the|it|they|this|that|an?|he|she|any|there|our|\w+ \w+) )", r"\1if "),
        (r"(^|[.;\n]\s*)(?:upon|on) (?:the )?(?:receipt|arrival) of (an?|the|any) (?:new )?", r"\1when \2 "),
        (r"\b(?:in the event that|given that|assuming(?: that)?|in case that|insofar as)\b", "if"),
        (r"\b(?:or else|in all other cases|in any other case|in the other case|for (?:all|everything) (?:the"
         r" )?(?:others?|else)|if that is not the case|failing that|the rest of (?:the time|them)|all (?:the"
         r" )?others|all other ones)\b", "otherwise"),
        (r"\bupon (?=(?:the )?approval)", "after "),
        (r"\bprior to\b", "before"),
        (r"\bthereafter\b|\bsubsequently\b|\bafter which\b|\bonce that is done\b|\bwhen (?:that|this) is done\b",
        "then"),
        (r"\bmerely\b|\bsimply\b|\bkindly\b|\bperhaps\b|\bmaybe\b|\bactually\b|\bbasically\b|\breally\b", ""),
        (r"\b(?:at the )?very (?=same time)", ""),
        (r"\bshall be\b|\bis to be\b|\bare to be\b|\bought to be\b|\bhas got to be\b", "must be"),
        (r"\bin the meantime\b|\bby then\b", ""),
        (r"\b(?:right away|rite now|right now|without delay|asap)\b", ""),
        (r"(?<!\d )(?<!two )(?<!three )(?<!four )(?<!five )(?<!six )(?<!eight )(?<!ten )\bat once(?= *[,.;\n]|$)", ""),
        (r"\bset (it|them|this|that|the \w+) aside as\b", r"set \1 to"),
        (r"\b(?:pop up|show up)\b", "be created"),
        (r"\bis the same for\b", "for"),
        (r"^(?:we|i|they|there) (?:get|have|has|are|is|receive|see) (?:a lot|lots|many|plenty|tons|a pile"
         r"|several|too many|some|so many) [^.\n]*[.\n]\s*", ""),
        (r"\b(?:every|each) (?:day|week|month) (?:i|we) (?:have|get|see|receive)\b[^.\n]*[.\n]\s*", ""),
        (r",?\s*\b(?:and )?for (?:all )?(?:the )?(?:small|smaller|little|big|bigger|large|larger|cheap|cheaper"
         r"|other|remaining|short|shorter|long|longer|low|lower|high|higher|rest)(?: (?:ones?|orders|invoices"
         r"|leads|tickets|requests|amounts))\b,?\s*", ". otherwise, "),
        (r"\b(?:and )?(?:the|all) (?:rest|others|other ones|remaining ones) (?=(?:is|are|must be|should be|goes?"
         r"|gets?|needs?)\b)", ". otherwise they "),
        (r"^(?:for|given) (?:a|an|one|the|any|this|each)(?: given| single| certain| particular| specific)?"
         r" (?!time)[\w \-]{2,30}:\s*", ""),
        (r"^(?:input|inputs)\s*:[^\n]*\n", ""),
        (r"\(?\b(?:i|we)(?:'d| would| will)? (?:type in|enter|give|put in|fill in)(?: in)? (?:only )?(?:the|a|an"
         r"|its) [\w ,\-]+?\)?(?=[.;\n]|$|, and then| and then)", ""),
        (r"^(?P<n>[\w ]{2,30}?)(?: that| which| whose)? (?P<is>(?:are|is|cost|costs|weigh|have|has)\b[^,;.]*?"
         r"|(?:over|above|below|under|exceeding)\b[^,;.]*?) (?:should|must|need to|needs to|have to|has to|shall"
         r"|are to) be (?P<v>\w+)\b(?P<r>[^,;.]*)[,;] (?:(?:and )?(?:everything|all|anything|the) (?:else|others"
         r"|rest|other [\w]+)|otherwise) (?P<o>as [^.;]+)", r"if it \g<is>, \g<v> the \g<n>\g<r>, otherwise"
                                                            r" \g<v> the \g<n> \g<o>"),
        (r"\broll(?P<s>s?) (?P<o>it|them|(?:the|its|this) [\w ]+?) back\b", r"rollback \g<o>"),
        (r"\broll(?:s)? back\b", "rollback"),
        (
            r"(?P<n>\b[\w]+s?\b) with (?:the |an? )?(?:status|state|stage|priority|severity)(?: of)? (?P<v>\"?\w+\"?)",
            r"\g<v> \g<n>",
        ),
        (
            r"(?<!all )(?<!each )(?<!every )"
            r"(?:those|the ones|all those|any|orders|items|requests|invoices|tickets|leads) (?:that|which|who)"
            r" (?P<c>[^,.;]+?) "
            r"(?:must|should|have to|shall|are to|need to) (?:be )?(?P<v>\w+)(?P<r>[^.;]*)",
            r"if they \g<c>, \g<v> them\g<r>",
        ),
        (r"^[^\n]*\b(?:an )?(?:example|sample|excerpt)s? of [^\n]*:\s*\n(?:[ \t]+[^\n]*\n?)+", ""),
        (r"\bonly (?=after\b|if\b|when\b)", ""),
        (r"\b(?:walk|run|iterate|step|work)(?:s)? (?:over|through)\b", "go through"),
        (r"\b(?:look|looks|see|sees) (?:again )?(?=(?:whether|if) )", "check "),
        (r"\b(?:that )?(?P<p>the [\w ]{2,20}?) becomes (?:the |its )?(?P<r>owner"
         r"|assignee)(?: of (?P<y>the \w+))?", r"assign the \g<r> of \g<y> to \g<p>"),
        (r"(?:^|(?<=[.;]))\s*(?:nothing|no) more(?:,[^.\n]*| than that| is needed)?(?=[.!\n]|$)", ""),
        (r"\b(?P<s>it|they|that) (?:never|still does not|still do not) (?:gets?|becomes?|turns?|is|are|get"
         r"|become)\b", r"\g<s> is not"),
        (r"\b(max|min|approx|resp|incl|no)\. (?=\d)", r"\1 "),
        (r"(^|[.\n]\s*)(?:i (?:would|'d) like |i want |we want |we need |make )?(?:an? |the )(?:workflow"
         r"|process|automation|flow|bot)"
         r" (?:that|which|to) ", r"\1"),
        (r"\bonce (?:a|every|per) (?:week|month),? (?=on )", ""),
        (r"(^|[.;]\s*)(?P<c>(?:above|over|below|under|more than|less than|at least) \d[\d.]* ?(?:%|percent"
         r"|euros?|eur|dollars?|days?"
         r"|hours?)?),? (?=[a-z]+ (?:the |it |them |an? |#|\w+ ))", r"\1if it is \g<c>, "),
        # Lengths of time, and pauses that are told rather than asked for.
        (r"\b(?:a |one )?quarter(?: of)?(?: an)?[ -]hours?\b", "15 minutes"),
        (r"\bthree quarters of an hour\b", "45 minutes"),
        (r"\b(?:an? )?half(?: an?)?[ -]hour\b", "30 minutes"),
        (r"\b(?:an|one) hour and a half\b|\bone and a half hours\b", "90 minutes"),
        (r"\b(?:a |one )fortnight\b", "14 days"),
        (r"\ba couple of (?=(?:seconds|minutes|hours|days|weeks)\b)", "2 "),
        (rf"(?P<w>^|[,.;]\s*|\b(?:and|then)\s+)[\w ]{{2,40}}? \((?:so|that is|that's|i\.?e\.?|meaning|about|say|roughly"
         rf"|takes)[, ]+(?P<d>{_LONG})\)", r"\g<w>wait \g<d>"),
        (rf"\b(?:give|leave|allow) (?:it|them|him|her|that|the \w+) (?:about "
         rf"|some )?(?P<d>{_LONG})(?= *(?:[,.;]|$|and\b|then\b"
         r"|before\b|to\b))(?: to [a-z]+(?: up| down)?)?", r"wait \g<d>"),
        (rf"\b(?:let|have) (?P<d>{_LONG}) (?:pass|go by)\b", r"wait \g<d>"),
        (rf"\b(?P<v>wait|pause|sleep)(?:s|ing)? (?P<d>{_LONG}) (?:after|since|from) (?:the "
         rf"|an? )?[\w ]{{2,30}}? (?:was|is|has been|were)"
         r" \w+(?=[,.;]|$| and\b| then\b)", r"\g<v> \g<d>"),
        (r"([,;.] )than (?=in parallel|at the same|\w+ (?:the|it|them|a)\b)", r"\1then "),
        (r"\bnothing (?:should|shall|must|may|is to|will) (?:be )?(?:sent|done|happen|mailed|posted"
         r"|written)(?: (?:out|then|at all))?\b",
         "stop"),
        (r",? because (?=if\b)", ", and "),
        # "we'd write", "have it refunded".
        (r"\b(?:have|get|want) (it|them|the [\w ]{2,25}?|an? [\w ]{2,25}?) (?:to be )?(?!percent)(\w+(?:ed|en|aid|ent"
         r"|old))\b(?= *(?:[,.;\n]|and|then|with|by|from|to|$))", r"\1 must be \2"),
    )
)  # fmt: skip
_THAT: Final = re.compile(
    r"(?P<h>^\s*|[.;]\s+|,\s+(?:and\s+)?)that (?=(?:an?|the|you|it|we|they|i|every|each"
    r"|all) \w+)",
    re.IGNORECASE | re.MULTILINE,
)
_ARROW: Final = re.compile(r"\s*(?:->|=>|→|⇒|>>|–>)\s*")


def plainly(text: str, verbs: frozenset[str]) -> str:
    """The request said plainly. ``verbs`` are stems of words that may begin a clause."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    text = _WISH.sub(lambda m: m[0][0] if m[0][0] in "\n" else "", text)
    text = _THAT.sub(r"\g<h>", text)
    for _ in range(2):
        text = _SUBJECT.sub(lambda m: _imperative(m, verbs), text)
    text = "\n".join(_without_arrows(line) for line in text.split("\n"))
    return re.sub(r"[ \t]{2,}", " ", text).strip()


def _imperative(match: re.Match[str], verbs: frozenset[str]) -> str:
    """ "then we mail the customer" as "then mail the customer"; a subject that no deed follows stays."""
    if not starts_with_verb(match["rest"], verbs):
        return match[0]
    if (
        re.match(r"(?:has|have|had|do|does|get|got|goes|want|need|like|know|think)\b", match["rest"], re.I)
        and not match["how"]
    ):
        return match[0]
    return f"{match['head']}{match['rest']}"


def _without_arrows(line: str) -> str:
    """ "check health -> page the team" as sentences; a condition before an arrow becomes an "if"."""
    parts = [p.strip() for p in _ARROW.split(line)]
    if len(parts) < 2:
        return line
    told: list[str] = []
    for part in parts:
        if told and told[-1].lower().startswith("if ") and "," not in told[-1]:
            told[-1] += f", {part}"
        else:
            # "... check health. down -> page": the condition is the last sentence before the arrow.
            *before, last = re.split(r"(?<=[.;,])\s+", part)
            short = len(last.split()) <= 4 and part is not parts[-1]
            if short and _CONDITION.match(last):
                told += [p.strip(" .,;") for p in before]
                told.append(f"if it is {last}" if not re.match(r"if\b", last, re.I) else last)
            else:
                told.append(part)
    return ". ".join(told)


_CONDITION: Final = re.compile(
    r"^(?:if |when )?(?:not |still |is |it's )?(?:down|up|unhealthy|healthy|broken|failed|offline|online|green"
    r"|red|yes|no|ok|bad|"
    r"empty|late|overdue|unpaid|paid|missing|found|none|"
    r"(?:over|above|below|under|more|less|at least|at most|up to|>|<)[\w .,%€$£=]*|\w*(?:ed|ble))$",
    re.IGNORECASE,
)
