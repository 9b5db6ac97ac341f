"""The words that govern clauses: politeness, order, conditions, loops, schedules."""

from __future__ import annotations

import re

# "e-mail the customer and ask for a review": the question is what the message says; asking for a yes is not.
AND_ASK_FOR = re.compile(
    r"\b((?:e?mail|message|write to|notify|tell|text|contact)\b[^.;,]{1,60}?),? and ask (?:them |him |her )?for"
    r"(?! (?:an? |the |his |her |their )?(?:approv|permission|sign|consent|go-ahead|authori|yes))",
    re.IGNORECASE,
)

PREFACE = re.compile(
    r"^(?:hi|hello|hey)?[,!. ]*(?:(?:can|could|would) you (?:please )?|please |i(?:'d| would) like "
    r"(?:you )?to |i (?:want|need) (?:you )?to |i (?:want|need) |let's |we (?:want|need) to )?"
    r"(?:(?:build|create|make|write|design|set up|give me|draw)(?: me| us)? )?"
    r"(?:an? |the )?(?:new |small |simple )?(?:workflow|process|automation|flow)\s*(?:(?:called|named)"
    r" (?P<name>[\w\-]+)\s*)?(?:(?:that|which|to|for|where|in which|:)\s*)+",
    re.IGNORECASE,
)
POLITE = re.compile(
    r"^(?:(?:and|but|so|please|also|now|just|first|firstly|second|secondly|third|thirdly|then|next|"
    r"after that|afterwards|after this|finally|lastly|at the end|in the end|"
    r"can you|could you|i want you to|i'd like you to|i would like you to|i want to|we want to|we "
    r"need to|you should|you must|we should|we must|it should|it must|"
    r"the workflow (?:should|must|then)|the system (?:should|must)|the process (?:should|must)|we "
    r"then|it then|we|automatically|immediately|always)\b[,:]?\s+)+",
    re.IGNORECASE,
)
END_OF_LOOP = re.compile(
    r"^(?:and\s+)?(?:finally|lastly|at the end|in the end|when (?:all|everything|they are all|that is)"
    r"\b[^,]*,|once (?:all|everything|they are all)\b[^,]*,|after (?:all|the loop|that is all)[^,]*,|"
    r"afterwards)",
    re.IGNORECASE,
)
THEN = re.compile(
    r"\s*[,;]?\s*\b(?:and\s+)?(?:then|after that|afterwards|finally|and lastly|and next)\b,?\s+",
    re.IGNORECASE,
)
IF = re.compile(
    r"^(?P<w>if|when|whenever|in case|unless|once|as soon as|every time|each time|should|provided(?: "
    r"that)?|as long as)\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
ELSE = re.compile(
    r"^(?:and )?(?:otherwise|or else|else|if not|if it (?:is|does) not|in the other case|in all other cases|"
    r"(?:everything|anything) else|(?:less|more) than that|(?:under|below|above|over) (?:that|this))"
    r"\b[,:]?\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
EACH = re.compile(
    r"^(?:for (?:each|every|all(?: of)?(?: the)?|any)|go (?:through|over)(?: all)?(?: the| each| "
    r"every)?|loop over(?: the)?|each|every)\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
TIMES = (
    r"(?:week ?days?|days?|mornings?|evenings?|nights?|hours?|weeks?|months?|mondays?|tuesdays?|"
    r"wednesdays?|thursdays?|fridays?|saturdays?|sundays?|quarter|year|minutes?)"
)
SCHEDULE = re.compile(
    rf"^(?P<s>(?:every|each|on the first of|on)\s+(?:\d+ |other |working |business |the )"
    rf"*{TIMES}\b[^,]*|daily\b[^,]*|weekly\b[^,]*|on the (?:first|last|\d+\w*)[^,]*month[^,]*|at "
    rf"\d+[^,]* every[^,]*),\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
AT_ONCE = re.compile(
    r",?\s*(?:but\s+)?(?:at most|up to|no more than|max(?:imum)?|with)?\s*(?P<n>\d+|two|three|four|"
    r"five|six|eight|ten)\s*(?:of them\s+)?(?:at once|at a time|in parallel|at the same time|"
    r"concurrently|simultaneously)",
    re.IGNORECASE,
)
TOGETHER = re.compile(
    r",?\s*\b(?:(?:both |all )?at the (?:very )?same time|(?:both |all )?in parallel|side by side|parallelly"
    r"|simultaneously|concurrently|meanwhile)\b,?\s*",
    re.IGNORECASE,
)
CHECK = re.compile(
    r"^(?P<v>check|verify|make sure|ensure|confirm|validate|see|find out|test|assess|determine)"
    r"\b\s*(?P<c>that|if|whether)?\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
TWO_THINGS = re.compile(
    r"^(?P<one>(?:the|its|their|his|her|an?) [\w\- ']{2,30}?),? and (?P<two>(?:the|its|their|his|her|"
    r"an?) [\w\- ']{2,30})$",
    re.I,
)
LIMIT = re.compile(
    r"\b(?:over|above|more than|exceeding|at least|under|below|less than) [€$£]?\s?\d[\d.]*\s?(?:k\b)?\s?"
    r"(?:€|%|euros?|eur|dollars?|usd|pounds?|gbp|chf|percent)?",
    re.I,
)
TRAILING_IF = re.compile(
    r"^(?P<act>.+?),?\s+(?P<only>but only |only )?(?P<w>if|when|unless|provided(?: that)?|in case|as "
    r"long as)\s+(?P<test>.+)$",
    re.IGNORECASE,
)
