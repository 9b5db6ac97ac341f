"""Language models: settings, providers, failover, usage. Everything that talks to a model goes through here.

Errors are a closed set (:class:`ModelError`); a model's words are untrusted text until somebody has checked them. What
a service's own calls cost is written down by ``engine.model.ledger``, which is not part of this front door: a runner
has no use for the services' way into the database.
"""

from engine.model.board import Board, board
from engine.model.chat import ChatModel, Tell, open_model
from engine.model.entry import TIERS, ModelEntry, Price, ProviderName, Times
from engine.model.error import ModelError, ModelErrorCode, NoModel
from engine.model.message import Message, Spent
from engine.model.meter import Meter, Sink
from engine.model.probe import Finding, Found, find
from engine.model.routing import route
from engine.model.settings import ModelSettings
from engine.model.shape import Capabilities, Grammar, JsonShape, Shape
from engine.model.turn import Asked, Part, ToolAnswer, ToolSpec, ToolUse, Turn
from engine.model.usage import Call, record_of_run

__all__ = [
    "TIERS",
    "Asked",
    "Board",
    "Call",
    "Capabilities",
    "ChatModel",
    "Finding",
    "Found",
    "Grammar",
    "JsonShape",
    "Message",
    "Meter",
    "ModelEntry",
    "ModelError",
    "ModelErrorCode",
    "ModelSettings",
    "NoModel",
    "Part",
    "Price",
    "ProviderName",
    "Shape",
    "Sink",
    "Spent",
    "Tell",
    "Times",
    "ToolAnswer",
    "ToolSpec",
    "ToolUse",
    "Turn",
    "board",
    "find",
    "open_model",
    "record_of_run",
    "route",
]
