"""Models: which answer, what they cost and may cost, what must not reach them, and what the designer remembers."""

from studio.models.list_state import ModelList
from studio.models.memory_state import Memory
from studio.models.page import models_page
from studio.models.rules_state import ModelRules

__all__ = ["Memory", "ModelList", "ModelRules", "models_page"]
