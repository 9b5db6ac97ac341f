"""What an account says about models: which answer and in which order, what they may cost, what must not reach them.

``chat_model`` gives what answers in an account: its own models, else those of the environment, behind its budgets and
its rules about what must not leave. ``usage`` says what was spent. What the designer remembers is in
``engine.preferences``.
"""

from engine.models.listing import (
    Form,
    ModelView,
    add_model,
    change_model,
    delete_model,
    list_models,
    order_models,
    switch_model,
)
from engine.models.opening import chat_model, common_models, own_entries
from engine.models.rules import get_rules, set_budgets, set_policy
from engine.models.spending import Limit, Spend, Usage, usage
from engine.models.testing import test_model

__all__ = [
    "Form",
    "Limit",
    "ModelView",
    "Spend",
    "Usage",
    "add_model",
    "change_model",
    "chat_model",
    "common_models",
    "delete_model",
    "get_rules",
    "list_models",
    "order_models",
    "own_entries",
    "set_budgets",
    "set_policy",
    "switch_model",
    "test_model",
    "usage",
]
