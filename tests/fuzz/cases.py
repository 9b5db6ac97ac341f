"""Texts nobody would write: programs and examples, changed here and there; and texts of nothing but signs."""

from __future__ import annotations

from hypothesis import strategies as st

from dsl.grammar import grammar
from dsl.recovery import grammar_word
from tests.dsl.programs import program
from tests.dsl.texts import EXAMPLES, ROOT

_FORMS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples" / "forms").glob("*.weft"))]
_WORDS = sorted({grammar_word(terminal.name) for terminal in grammar().terminals} - {""})
_SIGNS = [
    *_WORDS,
    *("order", "input.order_id", "1", "2.5", "30s", '"a"', "'a'", '"${x}"', '"""', "${", "}", "\\", '"', "'"),
    *("// note\n", "/// doc\n", "\n", "\r", "\r\n", "\t", " ", "/*", "*/", "#", ";", "`", "=>", "::", "..."),
    *("\x00", "\x1b[31m", "\ufeff", "\ud800", "\udfff", "\u202e", "\u2066", "\u200b", "\u2028", "\x85"),
    *(
        "\U0001f642",
        "\u00e9",
        "e\u0301",
        "\u0130",
        "\uff53tep",
        "9" * 30,
        "1e999",
        "0x1f",
        "1w" * 90,
        "a" * 3_000,
    ),
    *("(" * 150, "[" * 150, "{" * 150, "!" * 150, "-" * 150, "a." * 150 + "a", "a+" * 300 + "a", "a?b:" * 60),
    *("step s: do {" * 40, "if a {" * 20, "step x: let 1\n" * 30, "\\${", "$${", "${'}'}", '"${\'"\'}"'),
]
_PLACE = st.integers(0, 2**16)
_CHANGE = st.one_of(
    st.tuples(st.just("insert"), _PLACE, st.sampled_from(_SIGNS)),
    st.tuples(st.just("delete"), _PLACE, st.integers(1, 200)),
    st.tuples(st.just("repeat"), _PLACE, st.integers(1, 400)),
    st.tuples(st.just("move"), _PLACE, _PLACE),
    st.tuples(st.just("cut"), _PLACE, st.just(0)),
    st.tuples(st.just("replace"), _PLACE, st.text(max_size=4)),
)


def _changed(text: str, changes: list[tuple[str, int, object]]) -> str:
    for kind, place, more in changes:
        at = place * (len(text) + 1) >> 16
        match kind, more:
            case "insert" | "replace", str() as sign:
                text = text[:at] + sign + text[at + (len(sign) if kind == "replace" else 0) :]
            case "delete", int() as count:
                text = text[:at] + text[at + count :]
            case "repeat", int() as count:
                text = text[: at + count] + text[at:]
            case "move", int() as other:
                to = other * (len(text) + 1) >> 16
                line = text[at : text.find("\n", at) + 1]
                text = text[:at] + text[at + len(line) :]
                text = text[:to] + line + text[to:]
            case _:
                text = text[:at]
        text = text[:60_000]
    return text


def texts() -> st.SearchStrategy[str]:
    written = st.one_of(
        st.sampled_from([*EXAMPLES.values(), *_FORMS]),
        st.integers(0, 2**32).map(program),
    )
    return st.one_of(
        written,
        st.builds(_changed, written, st.lists(_CHANGE, min_size=1, max_size=6)),
        st.builds(_changed, written, st.lists(_CHANGE, min_size=1, max_size=3)),
        st.lists(st.sampled_from(_SIGNS), max_size=40).map(" ".join),
        st.text(max_size=300),
    )
