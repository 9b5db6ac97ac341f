"""Which connectors there are and how each is reached.

An account may name addresses; only an operator may name commands. Credentials are never part of a
specification: it names environment variables, from a range reserved for that, so that no specification
can send away a variable of ours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.stdio import StdioToolset
from connectors.streamable import HttpToolset
from connectors.tool import Health, ToolDefinition, ToolError
from connectors.toolset import Toolset

_VARIABLE = re.compile(r"WEFT_SAMPLES_TOKEN|WEFT_CONNECTOR_[A-Z0-9_]+")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HttpTransport(_Frozen):
    """Streamable HTTP. `headers_env` maps header names to environment variables that hold their values.

    The variables are WEFT_SAMPLES_TOKEN and WEFT_CONNECTOR_*. A header whose variable is not set is left
    out; a bare token for Authorization gets "Bearer " in front.
    """

    kind: Literal["http"] = "http"
    url: str = Field(pattern=r"^https?://[^\s/@]+(/[^\s]*)?$")
    headers_env: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("headers_env")
    @classmethod
    def _only_reserved(cls, variables: Mapping[str, str]) -> Mapping[str, str]:
        for variable in variables.values():
            if _VARIABLE.fullmatch(variable) is None:
                raise ValueError(
                    f"{variable!r} may not be used for a header; name a variable WEFT_CONNECTOR_... instead"
                )
        return variables

    def headers(self, environment: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for header, variable in self.headers_env.items():
            value = environment.get(variable, "").strip()
            if value:
                bare = header.lower() == "authorization" and " " not in value
                found[header] = f"Bearer {value}" if bare else value
        return found


class StdioTransport(_Frozen):
    """A server that we start: `command` with its arguments, and all of the environment that it gets."""

    kind: Literal["stdio"] = "stdio"
    command: tuple[str, ...] = Field(min_length=1)
    environment: Mapping[str, str] = Field(default_factory=dict)
    folder: Path | None = None
    memory_mb: int = Field(default=0, ge=0)


Transport: TypeAlias = Annotated[HttpTransport | StdioTransport, Field(discriminator="kind")]


class ConnectorSpec(_Frozen):
    """One connector. `trusted`: the operator believes the server's own annotations (read-only, idempotent)."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    title: str = ""
    transport: Transport
    trusted: bool = False


class Registry:
    """Specifications by key: any text that its user finds them by. A name will do when there is one account."""

    def __init__(self) -> None:
        self._specs: dict[str, ConnectorSpec] = {}

    def put(self, key: str, spec: ConnectorSpec) -> None:
        """Add or replace what an account set up. Raises ValueError for a command."""
        if isinstance(spec.transport, StdioTransport):
            raise ValueError(f"connector {spec.name!r} names a command; only an operator may register one")
        self._specs[key] = spec

    def put_operator(self, key: str, spec: ConnectorSpec) -> None:
        """Add or replace what the operator of this installation set up."""
        self._specs[key] = spec

    def remove(self, key: str) -> None:
        self._specs.pop(key, None)

    def find(self, key: str) -> ConnectorSpec | None:
        return self._specs.get(key)

    def keys(self) -> tuple[str, ...]:
        return tuple(self._specs)


def toolset_of(spec: ConnectorSpec) -> Toolset:
    """The client for a specification, not yet open."""
    transport = spec.transport
    match transport:
        case HttpTransport():
            return HttpToolset(spec.name, transport.url, transport.headers(os.environ))
        case StdioTransport():
            return StdioToolset(
                spec.name,
                transport.command,
                transport.environment,
                transport.folder,
                memory_mb=transport.memory_mb,
            )
        case _:
            assert_never(transport)


class Description(BaseModel):
    """What a catalog needs to know. No tools when `health` is "down"."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    tools: tuple[ToolDefinition, ...]
    health: Health


async def describe(spec: ConnectorSpec) -> Description:
    """Connect to a connector once, list its tools, and let go of it. Never raises for a server that is down."""
    toolset = toolset_of(spec)
    try:
        await toolset.open()
        return Description(tools=await toolset.list_tools(), health=Health("ok"))
    except ToolError as error:
        return Description(tools=(), health=Health("down", error.message))
    finally:
        await toolset.close()
