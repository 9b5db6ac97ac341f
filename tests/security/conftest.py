"""The studio's tab and workspace, for attacks on them."""

from tests.studio.conftest import signed_in, tab, workspace

__all__ = ["signed_in", "tab", "workspace"]
