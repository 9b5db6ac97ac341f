"""The built-in designer: rules, no model. Pure: a request, a catalog and a text in, an answer out."""

from studio.designer.builtin.designing import design
from studio.designer.builtin.replying import answer

__all__ = ["answer", "design"]
