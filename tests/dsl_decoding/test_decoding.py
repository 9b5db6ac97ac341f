from __future__ import annotations

import json
import re
import time
from functools import lru_cache

import interegular
import networkx
import pytest

from dsl import Catalog, check, decoding_grammar, format_text, parse, tree
from dsl.catalog import Connector, Tool, WorkflowInterface
from dsl.decoding.offers import aliases
from dsl.decoding.spellings import TERMINALS
from dsl.grammar import grammar
from tests.dsl.amount import programs
from tests.dsl.texts import ROOT
from tests.dsl_decoding.matching import Acceptor, LLMatcher, Walker, accepts
from tests.dsl_decoding.programs import program_over

SHOP = Catalog.model_validate_json((ROOT / "examples" / "catalog.json").read_bytes()).model_copy(
    update={
        "roles": frozenset({"manager", 'it\'s "quoted"'}),
        "users": frozenset({"ada@example.com"}),
        "secrets": frozenset({"webhook_key"}),
        "workflows": {
            "billing/collect": WorkflowInterface(
                name="billing/collect",
                input_schema={
                    "type": "object",
                    "properties": {"order": {}, "a name": {}},
                    "required": ["order"],
                },
                output_schema={},
            )
        },
    }
)
BEGIN = """workflow a {
  use shop: mcp "shop"
  use mail: mcp "mail"
  use http: mcp "http"
  use collect: workflow "billing/collect"
"""


@lru_cache(maxsize=1)
def acceptor() -> Acceptor:
    return Acceptor(decoding_grammar(SHOP))


def many_tools(connectors: int, each: int) -> Catalog:
    properties = {
        f"arg_{n}": {"type": "string", "enum": ["low", "high"]} if n % 3 == 0 else {"type": "string"}
        for n in range(6)
    }
    schema = {"type": "object", "properties": properties, "required": ["arg_0", "arg_1"]}
    return Catalog(
        connectors={
            f"c{c}": Connector(
                name=f"c{c}",
                tools={f"tool_{c}_{t}": Tool(name=f"tool_{c}_{t}", input_schema=schema) for t in range(each)},
            )
            for c in range(connectors)
        }
    )


CATALOGS = {
    "nothing known": Catalog(),
    "the sample connectors": SHOP,
    "nobody may approve, no secrets": SHOP.model_copy(
        update={"roles": frozenset(), "users": frozenset(), "secrets": frozenset(), "workflows": {}}
    ),
    "a connector without tools": Catalog(connectors={"empty": Connector(name="empty")}),
    "names that are no names": Catalog(
        connectors={
            'my "shop"\\': Connector(
                name='my "shop"\\',
                tools={
                    "a/b-c": Tool(
                        name="a/b-c", input_schema={"properties": {"": {}, 'q"': {"enum": ['"\n\\', "${x}"]}}}
                    )
                },
            )
        }
    ),
    "seventy arguments": Catalog(
        connectors={
            "c": Connector(
                name="c",
                tools={"t": Tool(name="t", input_schema={"properties": {f"a{n}": {} for n in range(70)}})},
            )
        }
    ),
    "two hundred tools": many_tools(10, 20),
}


@pytest.mark.parametrize("name", CATALOGS)
def test_a_constrained_decoder_accepts_it(name: str):
    wrong, said = LLMatcher.validate_grammar_with_warnings(
        LLMatcher.grammar_from_lark(decoding_grammar(CATALOGS[name]))
    )
    assert (wrong, said) == (False, [])


@pytest.mark.parametrize("name", CATALOGS)
def test_no_rule_comes_back_to_itself(name: str):
    """Lists that count what stands already (their names have a parameter) come to an end by their counting."""
    graph = networkx.DiGraph()
    for line in decoding_grammar(CATALOGS[name]).splitlines():
        rule, _, body = line.partition(": ")
        if line and not rule[0].isupper():
            plain = re.sub(r'"(\\.|[^"\\])*"', "", re.sub(r"::\S+", "", body))
            own = rule.removesuffix("::_").removesuffix("_more")
            graph.add_edges_from(
                (own, used.removesuffix("_more"))
                for used in re.findall(r"[a-z][a-z0-9_]*", re.sub(r"%if [^|]*", "", plain))
                if not (rule.endswith("::_") and used.removesuffix("_more") == own)
            )
    assert networkx.is_directed_acyclic_graph(graph)


def test_it_is_made_of_the_parsers_own_rules():
    """What stands in the grammar for the parser stands here, under the name it has there."""
    made = {line.partition(":")[0] for line in decoding_grammar(SHOP).splitlines()}
    names = {re.sub(r"(_\d+)?(_hole)?(_once.*)?$", "", name) for name in made}
    rules = {rule.origin.name for rule in grammar().rules if not rule.origin.name.startswith(("_", "$"))}
    assert {rule.strip("_") for rule in rules} - names == {"source", "use"}


EXACT = ("ID", "TOOL", "INT", "FLOAT", "DURATION", "DOC", "SQ", "COMMENT")
SAME = {"PLAIN": "STRING", "STRING": "STRING", "PROMPT": "TEXT", "SPACE": "WS"} | {n: n for n in EXACT}


@pytest.mark.parametrize("name", SAME)
def test_every_spelling_is_one_that_the_parser_reads(name: str):
    def automaton(pattern: str):  # type: ignore[no-untyped-def]
        # Fewer repetitions: the automaton of two thousand of them takes long to build and says no more.
        fewer = re.sub(r"\{0,(\d+)\}", "*", re.sub(r"\{1,(\d+)\}", "+", pattern))
        plain = re.sub(r"\\u([0-9a-f]{4})|\\x([0-9a-f]{2})", lambda m: chr(int(m[1] or m[2], 16)), fewer)
        return interegular.parse_pattern(plain.replace(r"\/", "/")).to_fsm()

    read = next(t.pattern.to_regexp() for t in grammar().terminals if t.name == SAME[name])
    ours, theirs = automaton(TERMINALS[name][1:-1]), interegular.parse_pattern(read).to_fsm()
    if name == "COMMENT":  # the line break that ends a comment counts to it here
        theirs = interegular.parse_pattern(f"({read})\n?").to_fsm()
    assert ours.issubset(theirs)


@pytest.mark.properties
def test_what_the_printer_prints_is_accepted_byte_by_byte():
    for seed in programs():
        text = program_over(SHOP, seed)
        assert parse(text).diagnostics == ()
        printed = format_text(text)
        refused = acceptor().refused_at(printed)
        assert refused is None, (seed, printed.encode()[refused - 60 : refused + 20])


def named_wrongly(text: str) -> list[str]:
    """Syntax errors, things that do not exist, and arguments of calls that are unknown or missing."""
    found = check(parse(text), SHOP)
    return [
        one.message
        for one in found
        if one.code in ("E001", "E002", "E106") or (one.code == "E202" and "argument" in one.message)
    ]


@pytest.mark.properties
def test_a_walk_over_what_is_allowed_yields_programs_that_parse_and_name_what_exists():
    decoding = decoding_grammar(SHOP)
    walker = Walker(decoding, SHOP)
    finished = 0
    for seed in programs():
        text = walker.walk(seed)
        if text is not None:
            finished += 1
            assert named_wrongly(text) == [], (seed, text)
            assert acceptor().refused_at(format_text(text)) is None, (seed, text)
    assert finished > 0.95 * len(programs())


def test_the_examples_are_accepted():
    for folder in ("examples", "examples/forms"):
        catalog = Catalog.model_validate_json((ROOT / folder / "catalog.json").read_bytes())
        for path in sorted((ROOT / folder).glob("*.weft")):
            text = path.read_text(encoding="utf-8")
            used = [head for head in parse(text).workflow.heads if isinstance(head, tree.Use)]
            narrow = Catalog(
                connectors={u.name: catalog.connectors[u.name] for u in used if u.source == "mcp"},
                workflows={
                    u.name: WorkflowInterface(name=u.name, input_schema={}, output_schema={})
                    for u in used
                    if u.source == "workflow"
                },
                roles=catalog.roles,
                users=catalog.users,
            )
            if all(aliases(narrow)[u.source, u.name] == u.alias for u in used):
                assert Acceptor(decoding_grammar(narrow)).refused_at(text) is None, path


REFUSED = {
    "a tool that does not exist": ("call shop.get_order(", "call shop.get_ordr("),
    "an argument that does not exist": ("(order_id: 1)", "(order_nr: 1)"),
    "an argument too few": ("(order_id: 1)", "()"),
    "an argument twice": ("(order_id: 1)", "(order_id: 1, order_id: 1)"),
    "the argument the engine gives": ("summary: 1)", 'summary: 1, idempotency_key: "a")'),
    "a value outside an enum": ('priority: "low"', 'priority: "lowest"'),
    "a role that does not exist": ('role "manager"', 'role "boss"'),
    "a person who does not exist": ('user "ada@example.com"', 'user "bob@example.com"'),
    "a secret that does not exist": ("secret webhook_key", "secret other"),
    "a workflow that does not exist": ("run collect(", "run gather("),
    "an argument of a workflow": ("(order: 1)", "(other: 1)"),
    "a line of an approval twice": ("within 1h", "within 1h within 2h"),
    "a missing use line": ('  use mail: mcp "mail"\n', ""),
    "a hole that is not closed": ('"${x}"', '"${x"'),
    "a hole with nothing in it": ('"${x}"', '"${}"'),
    "an escape that means nothing": ('"\\n"', '"\\q"'),
    "a character nobody sees": ('"\\n"', '"\u202e"'),
    "a word that is glued to the next": ("let 1", "let1"),
}
WHOLE = (
    BEGIN
    + """  secret webhook_key
  step o: call shop.get_order(order_id: 1)
  step t: call shop.escalate_ticket(priority: "low", order_id: o.id, summary: 1)
  step r: run collect(order: 1)
  step p: approve by role "manager", user "ada@example.com" {
    within 1h
  }
  step s: let "${x}"
  step n: let "\\n"
  step l: let 1
}
"""
)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_there_cannot_be_written(name: str):
    right, wrong = REFUSED[name]
    assert right in WHOLE
    assert acceptor().refused_at(WHOLE) is None
    assert acceptor().refused_at(WHOLE.replace(right, wrong)) is not None


def test_a_catalog_that_knows_no_connector_leaves_calls_free():
    text = 'workflow a {\n  use x: mcp "y"\n  step a: call x.do-it(b: 1)\n}\n'
    assert accepts(decoding_grammar(Catalog()), text)


def test_two_hundred_tools_compile_in_a_moment():
    catalog = many_tools(10, 20)
    made: list[float] = []
    compiled: list[float] = []
    for _ in range(5):
        begun = time.perf_counter()
        decoding = decoding_grammar(catalog)
        ready = time.perf_counter()
        assert Acceptor(decoding).refused_at("workflow a {") is not None
        made.append(ready - begun)
        compiled.append(time.perf_counter() - ready)
    print(json.dumps({"derive_ms": min(made) * 1e3, "compile_ms": min(compiled) * 1e3}))
    assert min(made) < 0.1
    assert min(compiled) < 0.3
