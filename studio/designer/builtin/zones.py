"""Time zones in words: "in Paris", "New York time", "CET", "Europe/Berlin"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from zoneinfo import available_timezones

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


_COUNTRIES: Final = {
    "portugal": "Europe/Lisbon", "poland": "Europe/Warsaw", "austria": "Europe/Vienna", "ireland": "Europe/Dublin",
    "netherlands": "Europe/Amsterdam", "holland": "Europe/Amsterdam", "belgium": "Europe/Brussels",
    "denmark": "Europe/Copenhagen", "norway": "Europe/Oslo", "finland": "Europe/Helsinki",
    "greece": "Europe/Athens", "turkey": "Europe/Istanbul", "ukraine": "Europe/Kyiv", "romania": "Europe/Bucharest",
    "bulgaria": "Europe/Sofia", "hungary": "Europe/Budapest", "czechia": "Europe/Prague",
    "czech republic": "Europe/Prague", "slovakia": "Europe/Bratislava", "slovenia": "Europe/Ljubljana",
    "croatia": "Europe/Zagreb", "serbia": "Europe/Belgrade", "estonia": "Europe/Tallinn", "latvia": "Europe/Riga",
    "lithuania": "Europe/Vilnius", "iceland": "Atlantic/Reykjavik", "luxembourg": "Europe/Luxembourg",
    "great britain": "Europe/London", "scotland": "Europe/London", "wales": "Europe/London",
    "israel": "Asia/Jerusalem", "egypt": "Africa/Cairo", "kenya": "Africa/Nairobi", "nigeria": "Africa/Lagos",
    "south africa": "Africa/Johannesburg", "korea": "Asia/Seoul", "china": "Asia/Shanghai",
    "thailand": "Asia/Bangkok", "vietnam": "Asia/Ho_Chi_Minh", "philippines": "Asia/Manila",
    "taiwan": "Asia/Taipei", "pakistan": "Asia/Karachi", "argentina": "America/Argentina/Buenos_Aires",
    "colombia": "America/Bogota", "peru": "America/Lima", "new zealand": "Pacific/Auckland",
    "emirates": "Asia/Dubai", "cologne": "Europe/Berlin", "stuttgart": "Europe/Berlin", "lyon": "Europe/Paris",
    "manchester": "Europe/London", "edinburgh": "Europe/London", "bern": "Europe/Zurich", "basel": "Europe/Zurich",
    "rotterdam": "Europe/Amsterdam", "gothenburg": "Europe/Stockholm", "porto": "Europe/Lisbon",
    "krakow": "Europe/Warsaw", "naples": "Europe/Rome", "washington": "America/New_York",
    "atlanta": "America/New_York", "miami": "America/New_York", "dallas": "America/Chicago",
    "houston": "America/Chicago", "austin": "America/Chicago", "montreal": "America/Toronto",
    "bangalore": "Asia/Kolkata", "bengaluru": "Asia/Kolkata", "osaka": "Asia/Tokyo",
    "rio de janeiro": "America/Sao_Paulo", "brazil": "America/Sao_Paulo", "canberra": "Australia/Sydney",
    "wellington": "Pacific/Auckland",
}  # fmt: skip


_NO_CITIES: Final = frozenset(["Center", "Easter", "Wake", "Midway", "Nome", "Christmas", "Canary"])


def _places() -> dict[str, str]:
    """Cities that the time zone database itself is named by: "bratislava", "buenos aires"."""
    found: dict[str, str] = {}
    for name in sorted(available_timezones()):
        area, _, city = name.partition("/")
        if (
            city
            and city.rpartition("/")[2] not in _NO_CITIES
            and area in ("Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian")
        ):
            found.setdefault(city.rpartition("/")[2].replace("_", " ").lower(), name)
    return found


_NAMED: Final = {**_places(), **_COUNTRIES}


@dataclass(frozen=True, slots=True)
class Zone:
    """``name`` is of the IANA database; the words stand at ``start`` to ``end``."""

    name: str
    start: int
    end: int


def find_zone(text: str) -> Zone | None:
    """The first time zone that a text names."""
    match = _ZONE.search(text)
    other = next(
        (
            m
            for m in _ANY_PLACE.finditer(text)
            if (m["at"] or m["time"] or m["end"] is not None) and m["place"].lower() in _NAMED
        ),
        None,
    )
    if other is not None and (match is None or other.start() < match.start()):
        return Zone(_NAMED[other["place"].lower()], other.start(), other.end())
    if match is None:
        return None
    if match["area"]:
        name = match["area"]
    elif match["city"]:
        name = _CITIES[match["city"].lower()]
    else:
        name = _LETTERS[match["short"].lower()]
    return Zone(name, match.start(), match.end())


_ANY_PLACE: Final = re.compile(
    r"(?P<at>\b(?:in|at|time ?zone(?: of)?)\s+(?:the\s+)?)?\b(?P<place>(?:"
    + ""
    r"|".join(sorted(map(re.escape, _NAMED), key=len, reverse=True))
    + r"))\b(?P<time>(?:'s)?(?:\s+local)?\s+time(?: ?zone)?\b)?(?P<end>(?=\s*[,.;:)]|\s*$))?",
    re.IGNORECASE,
)
