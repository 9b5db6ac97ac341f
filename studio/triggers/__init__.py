"""The page of triggers: what starts workflows by itself, how each is doing, and what came in at webhooks."""

from studio.triggers.page import triggers_page
from studio.triggers.state import TriggerList

__all__ = ["TriggerList", "triggers_page"]
