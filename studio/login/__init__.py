"""The sign-in page."""

from studio.login.page import login_page

__all__ = ["login_page"]
