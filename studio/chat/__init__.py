"""The chat: a panel for the editor, its state, ``POST /api/chat``, and conversations over HTTP."""

from studio.chat.conversing import conversations_router
from studio.chat.panel import chat_panel
from studio.chat.router import chat_router
from studio.chat.state import ChatState

__all__ = ["ChatState", "chat_panel", "chat_router", "conversations_router"]
