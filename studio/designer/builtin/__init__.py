"""The built-in designer: rules, no model. Pure: a task (request, catalog, text, what was said) in, an answer out."""

from studio.designer.builtin.designing import design
from studio.designer.builtin.replying import answer

__all__ = ["answer", "design"]
