"""Connectors: what workflows can act on, and what their tools may do."""

from studio.connectors.page import connectors_page
from studio.connectors.state import ConnectorList

__all__ = ["ConnectorList", "connectors_page"]
