"""Time zones in words: "in Paris", "New York time", "CET", "Europe/Berlin"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_CITIES: Final = {
    "paris": "Europe/Paris", "france": "Europe/Paris", "berlin": "Europe/Berlin", "germany": "Europe/Berlin",
    "munich": "Europe/Berlin", "hamburg": "Europe/Berlin", "frankfurt": "Europe/Berlin", "london": "Europe/London",
    "uk": "Europe/London", "england": "Europe/London", "dublin": "Europe/Dublin", "madrid": "Europe/Madrid",
    "barcelona": "Europe/Madrid", "spain": "Europe/Madrid", "rome": "Europe/Rome", "milan": "Europe/Rome",
    "italy": "Europe/Rome", "vienna": "Europe/Vienna", "zurich": "Europe/Zurich", "zürich": "Europe/Zurich",
    "geneva": "Europe/Zurich", "switzerland": "Europe/Zurich", "amsterdam": "Europe/Amsterdam",
    "brussels": "Europe/Brussels", "copenhagen": "Europe/Copenhagen", "stockholm": "Europe/Stockholm",
    "sweden": "Europe/Stockholm", "oslo": "Europe/Oslo", "helsinki": "Europe/Helsinki", "warsaw": "Europe/Warsaw",
    "prague": "Europe/Prague", "budapest": "Europe/Budapest", "lisbon": "Europe/Lisbon", "athens": "Europe/Athens",
    "istanbul": "Europe/Istanbul", "kyiv": "Europe/Kyiv", "new york": "America/New_York", "nyc": "America/New_York",
    "boston": "America/New_York", "toronto": "America/Toronto", "chicago": "America/Chicago",
    "denver": "America/Denver", "los angeles": "America/Los_Angeles", "san francisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles", "california": "America/Los_Angeles", "mexico city": "America/Mexico_City",
    "sao paulo": "America/Sao_Paulo", "são paulo": "America/Sao_Paulo", "tokyo": "Asia/Tokyo", "japan": "Asia/Tokyo",
    "singapore": "Asia/Singapore", "hong kong": "Asia/Hong_Kong", "shanghai": "Asia/Shanghai",
    "beijing": "Asia/Shanghai", "delhi": "Asia/Kolkata", "mumbai": "Asia/Kolkata", "india": "Asia/Kolkata",
    "dubai": "Asia/Dubai", "tel aviv": "Asia/Jerusalem", "sydney": "Australia/Sydney",
    "melbourne": "Australia/Melbourne", "auckland": "Pacific/Auckland", "cairo": "Africa/Cairo",
    "johannesburg": "Africa/Johannesburg", "lagos": "Africa/Lagos", "nairobi": "Africa/Nairobi",
}  # fmt: skip
_LETTERS: Final = {
    "utc": "UTC", "gmt": "UTC", "cet": "Europe/Paris", "cest": "Europe/Paris", "bst": "Europe/London",
    "est": "America/New_York", "edt": "America/New_York", "et": "America/New_York", "eastern": "America/New_York",
    "cst": "America/Chicago", "central": "America/Chicago", "mst": "America/Denver", "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles", "pacific": "America/Los_Angeles", "ist": "Asia/Kolkata", "jst": "Asia/Tokyo",
}  # fmt: skip

_AREA = (
    r"(?:Europe|America|Asia|Africa|Australia|Pacific|Atlantic|Indian)/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?"
)
_CITY = "|".join(sorted(map(re.escape, _CITIES), key=len, reverse=True))
_SHORT = "|".join(_LETTERS)
_ZONE: Final = re.compile(
    rf"(?:\b(?:in|at)\s+)?(?:the\s+)?(?:time ?zone\s+(?:of\s+)?)?(?P<area>{_AREA})(?:\s+time(?: ?zone)?)?"
    rf"|\b(?:(?:in|at|time ?zone)\s+(?:the\s+)?)?(?P<city>(?i:{_CITY}))\b(?:'s)?(?:\s+(?:local\s+)?time(?: ?zone)?\b)?"
    rf"|(?:(?<=[\d m(])|^[\s,(]*)(?P<short>(?i:{_SHORT}))\b(?:\s+time(?: ?zone)?\b)?"
)


@dataclass(frozen=True, slots=True)
class Zone:
    """``name`` is of the IANA database; the words stand at ``start`` to ``end``."""

    name: str
    start: int
    end: int


def find_zone(text: str) -> Zone | None:
    """The first time zone that a text names."""
    match = _ZONE.search(text)
    if match is None:
        return None
    if match["area"]:
        name = match["area"]
    elif match["city"]:
        name = _CITIES[match["city"].lower()]
    else:
        name = _LETTERS[match["short"].lower()]
    return Zone(name, match.start(), match.end())
