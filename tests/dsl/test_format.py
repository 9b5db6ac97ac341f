from __future__ import annotations

import pytest

from dsl import format_text, parse
from tests.dsl.amount import programs
from tests.dsl.programs import any_program
from tests.dsl.texts import EXAMPLES, meaning


def prove(text: str) -> None:
    """Same meaning, same text twice, every comment kept."""
    before, formatted = parse(text), format_text(text)
    after = parse(formatted)
    assert after.diagnostics == ()
    assert meaning(after.workflow) == meaning(before.workflow)
    assert sorted(c.text for c in after.comments) == sorted(c.text for c in before.comments)
    assert format_text(formatted) == formatted


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_in_canonical_form(name: str):
    prove(EXAMPLES[name])
    assert format_text(EXAMPLES[name]) == EXAMPLES[name]


@pytest.mark.properties
def test_any_program_means_the_same_twice_over_with_every_comment():
    for seed in programs():
        prove(any_program(seed))


PROMPTS = {
    "an empty line alone": ('"""\n   \n   """', '"""\n    """'),
    "a last line break that is taken back": ('"""\n  a\\\n  """', '"""\n    a\\\n    """'),
    "a last backslash": ('"""\n  a\\\\\n\n  """', '"""\n    a\\\\\n\n    """'),
}


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_at_its_edges(name: str):
    before, after = PROMPTS[name]
    text = f"workflow a {{\n  step x: let {before}\n}}\n"
    prove(text)
    assert format_text(text) == f"workflow a {{\n  step x: let {after}\n}}\n"


def test_a_text_with_mistakes_comes_back_unchanged():
    assert format_text("workflow a {step x let 1}") == "workflow a {step x let 1}"


def test_loose_text_gets_its_shape():
    loose = (
        '///  Doc\nworkflow a{use shop:mcp"shop"\n\n\n\ninput{ id:string,n :int=3 // three\n}\n'
        "@cost(usd:0.02)step x:if a>-1&&!b{step y:call shop . get(id:input.id,list:[1,2],m:{k:1,})timeout 3s\n"
        'retry 3 on"a","b"}else{ // no\n}\n// about z\nstep z:approve by role"r"{title"t" on reject{}}}'
    )
    assert format_text(loose) == (
        "///  Doc\n"
        "workflow a {\n"
        '  use shop: mcp "shop"\n'
        "\n"
        "  input {\n"
        "    id: string,\n"
        "    n: int = 3, // three\n"
        "  }\n"
        "  @cost(usd: 0.02)\n"
        "  step x: if a > -1 && !b {\n"
        "    step y: call shop.get(id: input.id, list: [1, 2], m: { k: 1 })\n"
        "      timeout 3s\n"
        '      retry 3 on "a", "b"\n'
        "  } else { // no\n"
        "  }\n"
        "  // about z\n"
        '  step z: approve by role "r" {\n'
        '    title "t"\n'
        "    on reject {}\n"
        "  }\n"
        "}\n"
    )


def test_a_list_that_is_too_long_stands_one_part_a_line():
    long = ", ".join(f"argument_{n}: input.value_{n}" for n in range(5))
    formatted = format_text(f"workflow a {{ step x: call shop.get({long}) timeout 3s }}")
    assert formatted == (
        "workflow a {\n  step x: call shop.get(\n"
        + "".join(f"    argument_{n}: input.value_{n},\n" for n in range(5))
        + "  )\n    timeout 3s\n}\n"
    )
