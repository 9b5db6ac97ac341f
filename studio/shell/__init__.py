"""The frame around every page, who is signed in, and the small things pages are made of."""

from studio.shell import services
from studio.shell.frame import crumbs, frame
from studio.shell.session import Guard, authorized, guarded, permission_of
from studio.shell.state import Shell

__all__ = ["Guard", "Shell", "authorized", "crumbs", "frame", "guarded", "permission_of", "services"]
