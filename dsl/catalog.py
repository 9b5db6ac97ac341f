"""What a workflow may use: connectors with their tools, other workflows, roles, people and secrets.

The language only reads a catalog. Whoever owns the live connectors makes one from their pinned definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from dsl.plan import Expression
from dsl.policy import Nature, Policy

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema object, as MCP servers publish it (draft 2020-12)."""


class Tool(BaseModel):
    """One tool of a connector, as pinned.

    ``effect`` is "write" unless the account trusts the tool to be read-only; ``idempotent`` says that calling it
    twice with one idempotency key does the thing once. ``pin`` is the SHA-256 of the raw definition, in hex.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    title: str = ""
    description: str = ""
    input_schema: Schema = Field(default_factory=lambda: {"type": "object"})
    output_schema: Schema | None = None
    effect: Literal["read", "write"] = "write"
    idempotent: bool = False
    pin: str = ""


class Connector(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    title: str = ""
    tools: Mapping[str, Tool] = Field(default_factory=dict)


class WorkflowInterface(BaseModel):
    """The interface of another published workflow, as JSON Schemas, and which version of it that is.

    ``version`` is the version's id and ``pin`` its content hash; both are "" where nobody has published it.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    input_schema: Schema
    output_schema: Schema
    input_defaults: Mapping[str, Expression] = Field(default_factory=dict)
    version: str = ""
    pin: str = ""


class Catalog(BaseModel):
    """Everything a text can name from outside itself.

    ``roles`` and ``users`` are who may approve. ``None`` means "not known here" (checking a file on its own):
    names of that sort are then not checked.
    """

    model_config = ConfigDict(frozen=True)

    connectors: Mapping[str, Connector] = Field(default_factory=dict)
    workflows: Mapping[str, WorkflowInterface] = Field(default_factory=dict)
    roles: frozenset[str] | None = None
    users: frozenset[str] | None = None
    secrets: frozenset[str] | None = None
    policy: Policy = Field(default_factory=Policy)

    def tool(self, connector: str, name: str) -> Tool | None:
        found = self.connectors.get(connector)
        return None if found is None else found.tools.get(name)

    def nature(self, connector: str, name: str) -> Nature:
        """What calling a tool can do, as the account's policy has it; the worst for one that is not known."""
        found = self.tool(connector, name)
        if found is None:
            return self.policy.nature(connector, name, effect="write", idempotent=False)
        return self.policy.nature(connector, name, effect=found.effect, idempotent=found.idempotent)
