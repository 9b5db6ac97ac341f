"""Notifications: channels to people and systems, what was sent over them, and what one wants to hear oneself."""

from studio.notifications.page import notifications_page
from studio.notifications.state import Channels

__all__ = ["Channels", "notifications_page"]
