"""Connectors: clients of MCP servers, kept open and told apart by what went wrong.

    registry = Registry()
    registry.put("shop", ConnectorSpec.model_validate({"name": "shop", "transport": {"kind": "http",
    "url": ...}})) pool = Pool(registry) result = await pool.call("shop", "get_order", {"order_id":
    "A-1001"}, key=None, timeout_s=10) order = result.unwrap()

Every failure is a `ToolError(code, message, outcome)`. This package knows nothing of workflows or accounts.
"""

from connectors.bounds import Bounds
from connectors.breaker import Breaker, Circuit, CircuitBroken
from connectors.breaker import Policy as BreakerPolicy
from connectors.bulkhead import Bulkhead
from connectors.memory import MemoryToolset
from connectors.pool import Pool
from connectors.registry import (
    ConnectorSpec,
    Description,
    HttpTransport,
    Registry,
    StdioTransport,
    describe,
    toolset_of,
)
from connectors.stdio import StdioToolset
from connectors.streamable import HttpToolset
from connectors.tool import (
    KEY_ARGUMENT,
    KEY_META,
    Annotations,
    Health,
    Json,
    Outcome,
    ToolDefinition,
    ToolError,
    ToolResult,
    canonical,
)
from connectors.toolset import Toolset
from connectors.wrappers import Call, Filtered, Pinned, Recorded, TimeLimited, Validated, Wrapper

__all__ = [
    "KEY_ARGUMENT",
    "KEY_META",
    "Annotations",
    "Bounds",
    "Breaker",
    "BreakerPolicy",
    "Bulkhead",
    "Call",
    "Circuit",
    "CircuitBroken",
    "ConnectorSpec",
    "Description",
    "Filtered",
    "Health",
    "HttpToolset",
    "HttpTransport",
    "Json",
    "MemoryToolset",
    "Outcome",
    "Pinned",
    "Pool",
    "Recorded",
    "Registry",
    "StdioToolset",
    "StdioTransport",
    "TimeLimited",
    "ToolDefinition",
    "ToolError",
    "ToolResult",
    "Toolset",
    "Validated",
    "Wrapper",
    "canonical",
    "describe",
    "toolset_of",
]
