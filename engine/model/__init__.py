"""Language models: settings, providers, failover, usage. Everything that talks to a model goes through here.

Errors are a closed set (:class:`ModelError`); a model's words are untrusted text until somebody has checked them.
"""

from engine.model.chat import ChatModel, Sink, open_model
from engine.model.error import ModelError, ModelErrorCode
from engine.model.message import Delta, Message, Piece, Spent
from engine.model.provider import Provider
from engine.model.settings import ModelSettings
from engine.model.usage import Call, record

__all__ = [
    "Call",
    "ChatModel",
    "Delta",
    "Message",
    "ModelError",
    "ModelErrorCode",
    "ModelSettings",
    "Piece",
    "Provider",
    "Sink",
    "Spent",
    "open_model",
    "record",
]
