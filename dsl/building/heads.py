"""Types and the header of a workflow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from lark import Token

from dsl import tree
from dsl.building.reading import Child, Item, cover, documentation, extent, nodes, of, plain, tokens


class Types:
    def union_type(self, kids: list[Child]) -> tree.Type:
        return tree.UnionType(tuple(nodes(kids)), cover(kids))

    def list_type(self, kids: list[Child]) -> tree.Type:
        return tree.ListType(kids[0], cover(kids))

    def optional_type(self, kids: list[Child]) -> tree.Type:
        return tree.OptionalType(kids[0], cover(kids))

    def named_type(self, kids: list[Child]) -> tree.Type:
        return tree.NamedType(str(kids[0]), cover(kids))

    def literal_type(self, kids: list[Child]) -> tree.Type:
        return tree.LiteralType(plain(kids[0]), cover(kids))

    def generic_type(self, kids: list[Child]) -> tree.Type:
        return tree.GenericType(str(kids[0]), kids[2], cover(kids))

    def type_atom(self, kids: list[Child]) -> tree.Type:
        return replace(kids[1], span=cover(kids))  # type: ignore[no-any-return]

    def object_type(self, kids: list[Child]) -> tree.Type:
        return tree.ObjectType(tuple(item.value for item in of(kids, Item)), cover(kids))

    def type_field(self, kids: list[Child]) -> Item:
        return Item("field", (str(kids[0]), kids[2]), cover(kids))


class Heads:
    def source(self, kids: list[Token]) -> Token:
        return kids[0]

    def use(self, kids: list[Child]) -> tree.Use:
        source: Literal["mcp", "workflow"] = "mcp" if kids[3] == "mcp" else "workflow"
        return tree.Use(str(kids[1]), source, plain(kids[4]), extent(kids[1]), cover(kids))

    def type_decl(self, kids: list[Child]) -> tree.TypeDecl:
        name = tokens(kids, "ID")[0]
        return tree.TypeDecl(str(name), kids[-1], documentation(kids), extent(name), cover(kids))

    def fields(self, kids: list[Child]) -> Item:
        return Item("fields", of(kids, tree.Field), cover(kids))

    def fdoc(self, kids: list[Child]) -> Item:
        first = kids[0]
        before = first.value if isinstance(first, Item) else [first]
        return Item("fdoc", [*before, *kids[1:]] if isinstance(first, Item) else before, cover(kids))

    def field(self, kids: list[Child]) -> tree.Field:
        name = tokens(kids, "ID")[0]
        docs: Sequence[Child] = next((kid.value for kid in of(kids, Item) if kid.name == "fdoc"), [])
        default = next((kid.value for kid in of(kids, Item) if kid.name == "default"), None)
        type_ = kids[kids.index(name) + 2]
        return tree.Field(str(name), type_, default, documentation(docs), extent(name), cover(kids))

    def default(self, kids: list[Child]) -> Item:
        return Item("default", kids[1], cover(kids))

    def _fields(self, role: Literal["input", "output", "config"], kids: list[Child]) -> tree.Fields:
        fields = kids[2].value if isinstance(kids[2], Item) else ()
        return tree.Fields(role, fields, cover(kids))

    def input_decl(self, kids: list[Child]) -> tree.Fields:
        return self._fields("input", kids)

    def output_decl(self, kids: list[Child]) -> tree.Fields:
        return self._fields("output", kids)

    def config_decl(self, kids: list[Child]) -> tree.Fields:
        return self._fields("config", kids)

    def secret_decl(self, kids: list[Child]) -> tree.Secret:
        return tree.Secret(str(kids[1]), extent(kids[1]), cover(kids))

    def trigger(self, kids: list[Child]) -> tree.Trigger:
        name = tokens(kids, "ID")[0]
        on = next(kid for kid in of(kids, Item) if kid.name == "on")
        args = next((kid.value for kid in of(kids, Item) if kid.name == "with"), ())
        return tree.Trigger(str(name), on.value, args, documentation(kids), extent(name), cover(kids))

    def webhook(self, kids: list[Child]) -> Item:
        on = tree.Webhook(str(kids[1]), plain(kids[2]), _behind(kids, "verify"), _behind(kids, "when"))
        return Item("on", on, cover(kids))

    def schedule(self, kids: list[Child]) -> Item:
        return Item("on", tree.Schedule(plain(kids[1]), plain(kids[3]), _behind(kids, "when")), cover(kids))

    def event(self, kids: list[Child]) -> Item:
        return Item("on", tree.EventTrigger(plain(kids[1]), _behind(kids, "when")), cover(kids))

    def manual(self, kids: list[Child]) -> Item:
        return Item("on", tree.Manual(), cover(kids))

    def verify(self, kids: list[Child]) -> Item:
        return Item("verify", kids[1], cover(kids))

    def when(self, kids: list[Child]) -> Item:
        return Item("when", kids[1], cover(kids))

    def with_args(self, kids: list[Child]) -> Item:
        return Item("with", kids[2].value if isinstance(kids[2], Item) else (), cover(kids))

    def args(self, kids: list[Child]) -> Item:
        return Item("args", of(kids, tree.Arg), cover(kids))

    def arg(self, kids: list[Child]) -> tree.Arg:
        name = plain(kids[0]) if kids[0].type == "STRING" else str(kids[0])
        return tree.Arg(name, kids[2], extent(kids[0]), cover(kids))


def _behind(kids: list[Child], name: str) -> tree.Expr | None:
    return next((kid.value for kid in of(kids, Item) if kid.name == name), None)
