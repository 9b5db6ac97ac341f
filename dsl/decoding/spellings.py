"""How the terminals are spelled in a decoding grammar: what the parser reads without a word of complaint, bounded.

A text with holes is written in pieces that end where a hole begins (``"Hello ${``, ``}, your order ${``, ``}."``), so
that a lexer which never looks back can tell them from each other.
"""

from __future__ import annotations

_UNSEEN = r"\x00-\x08\x0b-\x1f\x7f\u0085\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_UNICODE = (
    r"u(0([1-9a-fA-F][0-9a-fA-F]{2}|0[1-9a-fA-F][0-9a-fA-F]|00[1-9a-fA-F])"
    r"|[1-9a-cA-CefEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})"
)
_ESCAPE = r"\\([\"'\\\/nrtbf$]|" + _UNICODE + ")"
_BROKEN_LINE = r"\\([\"'\\\/nrtbf$\n]|" + _UNICODE + ")"

_PLAIN = rf"([^\"\\\n{_UNSEEN}]|{_ESCAPE}){{0,300}}"
_SINGLE = rf"([^'\\\n{_UNSEEN}]|{_ESCAPE}){{0,100}}"
# A `$` is a character like any other unless `{` follows it.
_TEXT = rf"([^\"\\\n${_UNSEEN}]|{_ESCAPE}|\$+([^\"\\\n${{{_UNSEEN}]|{_ESCAPE})){{0,300}}\$*"
_Q = r"(\"|\"\")"
_PROMPT = (
    rf"({_Q}?([^\"\\${_UNSEEN}]|{_BROKEN_LINE})"
    rf"|{_Q}?\$+({_Q}\$+)*([^\"\\${{{_UNSEEN}]|{_BROKEN_LINE}|{_Q}([^\"\\${_UNSEEN}]|{_BROKEN_LINE}))){{0,2000}}"
    rf"({_Q}?\$+({_Q}\$+)*)?"
)
_COMMENT = rf"\/\/([^\/\n{_UNSEEN}][^\n{_UNSEEN}]{{0,200}}|\/\/[^\n{_UNSEEN}]{{0,200}})?\n"

TERMINALS: dict[str, str] = {
    "ID": "/[a-zA-Z_][a-zA-Z0-9_]*/",
    "TOOL": r"/[a-zA-Z_][a-zA-Z0-9_\-\/]*/",
    "INT": "/[0-9]{1,18}/",
    "FLOAT": r"/[0-9]{1,18}(\.[0-9]{1,18}([eE][+-]?[0-9]{1,2})?|[eE][+-]?[0-9]{1,2})/",
    "DURATION": "/([0-9]{1,12}ms|[0-9]{1,9}s|[0-9]{1,7}m|[0-9]{1,5}h|[0-9]{1,4}d|[0-9]{1,3}w){1,3}/",
    "DOC": rf"/\/\/\/([^\/\n{_UNSEEN}][^\n{_UNSEEN}]{{0,200}})?/",
    "SQ": f"/'{_SINGLE}'/",
    "PLAIN": f'/"{_PLAIN}"/',
    "STRING": f'/"{_TEXT}"/',
    "STRING_HEAD": rf'/"{_TEXT}\$\{{/',
    "STRING_MIDDLE": rf"/\}}{_TEXT}\$\{{/",
    "STRING_TAIL": rf'/\}}{_TEXT}"/',
    "PROMPT": f'/"""{_PROMPT}"""/',
    "PROMPT_HEAD": rf'/"""{_PROMPT}\$\{{/',
    "PROMPT_MIDDLE": rf"/\}}{_PROMPT}\$\{{/",
    "PROMPT_TAIL": rf'/\}}{_PROMPT}"""/',
    "SPACE": r"/[ \t\n]{1,80}/",
    "COMMENT": f"/{_COMMENT}/",
    "INSIDE": "/ {1,8}/",
}

SPACES: dict[str, str] = {
    "gap": "SPACE? (COMMENT SPACE?){0,30}",
    "apart": "SPACE (COMMENT SPACE?){0,30} | (COMMENT SPACE?){1,12}",
}
"""What may and what must stand between two tokens. Behind a word there is always something, so that it ends there.
Inside a hole it is ``INSIDE``."""
