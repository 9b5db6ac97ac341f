"""Alert rules, what fires, and what became of them."""

from studio.alerts.page import alerts_page
from studio.alerts.state import Alerts

__all__ = ["Alerts", "alerts_page"]
