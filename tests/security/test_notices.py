"""A text that somebody wrote for the framework instead of for people."""

from __future__ import annotations

import pytest
import reflex as rx
from reflex_base.event import Event

from studio.shell.notices import plain

MARK = "<reflex.Var>123</reflex.Var>"
BREAKING = (
    '");alert(1)//',
    "`${alert(1)}`",
    "</script><script>alert(1)",
    "a\\",
    "\u2028",
    "'+alert(1)+'",
    MARK,
)


def sent(text: str) -> str:
    (event,) = Event.from_event_type([rx.toast.success("Done.", description=text)])
    return str(event.payload["function"])


@pytest.mark.parametrize("text", BREAKING)
def test_a_title_stays_a_text_in_a_notice(text: str) -> None:
    said = sent(plain(text))
    literal = said[said.index('"description"] : ') + len('"description"] : ') : said.rindex(" })")]
    assert literal[0] == literal[-1] == '"'
    assert '"' not in literal[1:-1].replace('\\"', "")


def test_without_that_the_mark_breaks_the_notice() -> None:
    with pytest.raises(KeyError):
        sent(MARK)
