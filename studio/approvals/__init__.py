"""Approvals: the inbox of what waits for a person."""

from studio.approvals.page import approvals_page
from studio.approvals.state import Inbox

__all__ = ["Inbox", "approvals_page"]
