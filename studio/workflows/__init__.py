"""Workflows: the list, the dialogs that make a new one, and the gallery of templates."""

from studio.workflows.gallery import Gallery, templates_page
from studio.workflows.page import workflows_page
from studio.workflows.state import WorkflowList

__all__ = ["Gallery", "WorkflowList", "templates_page", "workflows_page"]
