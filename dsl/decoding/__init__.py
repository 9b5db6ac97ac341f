"""A grammar for constrained decoding: what a model writes under it is a program, and names only what exists.

It is derived from ``grammar.lark``, never written beside it: the alternatives of the parser's own rules are copied
level by level, so that nesting ends, lists get limits, and the few rules that name something outside the text
(connectors, tools, arguments, workflows, roles, people, secrets) get the catalog's names. Rules do not refer back to
themselves, so that a decoder cannot run away.
"""

from __future__ import annotations

from dsl.catalog import Catalog
from dsl.decoding.bounds import Bounds
from dsl.decoding.copies import Copies
from dsl.decoding.offers import Offers
from dsl.decoding.spellings import TERMINALS

__all__ = ["Bounds", "decoding_grammar"]


def decoding_grammar(catalog: Catalog, bounds: Bounds = Bounds()) -> str:  # noqa: B008 a frozen value
    """The grammar in the Lark dialect of llguidance, for programs over ``catalog``.

    The header begins with a ``use`` line for every connector that has tools and for every workflow of the catalog, in
    any order and under the name :func:`dsl.decoding.offers.aliases` gives it; so narrow the catalog to what is wanted
    first. Each argument of a tool stands at most once and the required ones always, an argument with an ``enum`` takes
    one of its values, a choice between them or a name. Spaces are those of the canonical form, or more of them.

    A catalog without any connector says nothing about connectors and workflows: any may be used and called.
    """
    copies = Copies(Offers(catalog), bounds)
    return "\n".join([*copies.lines(), *(f"{name}: {body}" for name, body in TERMINALS.items()), ""])
