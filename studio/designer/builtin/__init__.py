"""The built-in designer: rules, no model. Pure: a request, a catalog and a text in, an answer out."""

from studio.designer.builtin.designing import Answer, Reply, design

__all__ = ["Answer", "Reply", "design"]
