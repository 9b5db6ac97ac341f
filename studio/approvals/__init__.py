"""Approvals: the inbox of what waits for a person, one by itself, what was decided, and who stands in for whom."""

from studio.approvals.bulk import Bulk
from studio.approvals.handing import Handing
from studio.approvals.history import History
from studio.approvals.page import approval_page, approvals_page
from studio.approvals.state import Inbox

__all__ = ["Bulk", "Handing", "History", "Inbox", "approval_page", "approvals_page"]
