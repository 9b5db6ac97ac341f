"""Workflows: the list, and the dialog that makes a new one."""

from studio.workflows.page import workflows_page
from studio.workflows.state import WorkflowList

__all__ = ["WorkflowList", "workflows_page"]
