"""The dashboard: how runs went, what waits, what is slow, what fails, what it costs. From summary rows alone."""

from studio.dashboard.home import Home
from studio.dashboard.page import dashboard_page
from studio.dashboard.state import Board

__all__ = ["Board", "Home", "dashboard_page"]
