"""The designer as MCP tools under ``/mcp``: other agents design, edit and check workflows here. Nothing is saved."""

from studio.toolserver.door import PATH, ToolServer
from studio.toolserver.offers import OFFERS, Offer, writer_for

__all__ = ["OFFERS", "PATH", "Offer", "ToolServer", "writer_for"]
