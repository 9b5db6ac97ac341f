"""Language models: settings, providers, failover, usage. Everything that talks to a model goes through here.

Errors are a closed set (:class:`ModelError`); a model's words are untrusted text until somebody has checked them. What
a service's own calls cost is written down by ``engine.model.ledger``, which is not part of this front door: a runner
has no use for the services' way into the database.
"""

from engine.model.agents import AgentModels
from engine.model.chat import ChatModel, Sink, open_model
from engine.model.error import ModelError, ModelErrorCode
from engine.model.message import Delta, Message, Piece, Spent
from engine.model.provider import Provider
from engine.model.settings import ModelSettings, Price
from engine.model.turn import Asked, Part, ToolAnswer, ToolSpec, ToolUse, Turn
from engine.model.usage import Call, record_of_run

__all__ = [
    "AgentModels",
    "Asked",
    "Call",
    "ChatModel",
    "Delta",
    "Message",
    "ModelError",
    "ModelErrorCode",
    "ModelSettings",
    "Part",
    "Piece",
    "Price",
    "Provider",
    "Sink",
    "Spent",
    "ToolAnswer",
    "ToolSpec",
    "ToolUse",
    "Turn",
    "open_model",
    "record_of_run",
]
