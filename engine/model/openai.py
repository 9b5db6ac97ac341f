"""Any server that speaks the OpenAI protocol: OpenAI, vLLM, Ollama, llama.cpp and others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from connectors.tracing import TRACEPARENT
from engine.model.error import ModelError
from engine.model.message import Delta, Message, Piece, Spent
from engine.model.settings import ModelSettings
from engine.model.turn import Asked, Part, ToolAnswer, ToolSpec, ToolUse, Turn

_NO_KEY = "none"
"""Local servers take any key, but the client insists on one."""


class OpenAICompatible:
    """One model of one server, through LangChain's client (imported at the first call: it takes a second or two)."""

    name = "openai-compatible"

    def __init__(self, settings: ModelSettings, model: str) -> None:
        self.model = model
        self._settings = settings
        self._client: Any = None

    def __repr__(self) -> str:
        return f"OpenAICompatible({self.model!r})"

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[Piece, None]:
        finished, spoke = False, False
        try:
            async for chunk in self._opened().astream([(m.role, m.text) for m in messages]):
                if text := _text_of(chunk.content):
                    spoke = True
                    yield Delta(text)
                if usage := chunk.usage_metadata:
                    yield Spent(usage["input_tokens"], usage["output_tokens"])
                finished = finished or bool(chunk.response_metadata.get("finish_reason"))
        except Exception as error:
            told = self._told(error)
            if spoke and told.code == "unreachable":
                raise self._broken_off() from error
            raise told from error
        if not finished:
            raise self._broken_off()

    async def turn(self, parts: Sequence[Part], tools: Sequence[ToolSpec]) -> Turn:
        """One turn with tools. Raises ``ModelError``; a turn that breaks off raises ``bad_answer``."""
        if self._client is None:
            await asyncio.to_thread(self._opened)
        whole: Any = None
        finished = False
        try:
            asked = (
                self._opened().bind(tools=[_function(tool) for tool in tools]) if tools else self._opened()
            )
            if (traceparent := TRACEPARENT.get()) is not None:
                asked = asked.bind(extra_headers={"traceparent": traceparent})
            async for chunk in asked.astream([_part(part) for part in parts]):
                finished = finished or bool(chunk.response_metadata.get("finish_reason"))
                whole = chunk if whole is None else whole + chunk
        except Exception as error:
            told = self._told(error)
            if whole is not None and told.code == "unreachable":
                raise self._broken_off() from error
            raise told from error
        if whole is None or not finished:
            raise self._broken_off()
        usage = whole.usage_metadata or {}
        uses = tuple(
            ToolUse(
                str(use.get("id") or f"use{number}"), str(use.get("name") or ""), str(use.get("args") or "")
            )
            for number, use in enumerate(whole.tool_call_chunks)
        )
        spent = usage.get("input_tokens", 0), usage.get("output_tokens", 0)
        return Turn(_text_of(whole.content), uses, self.model, *spent)

    def _broken_off(self) -> ModelError:
        return ModelError("bad_answer", f"The model {self.model!r} stopped in the middle of its answer.")

    def _opened(self) -> Any:
        if self._client is None:
            import httpx
            from langchain_openai import ChatOpenAI
            from pydantic import SecretStr

            self._client = ChatOpenAI(
                model=self.model,
                base_url=self._settings.url,
                api_key=SecretStr(self._settings.key or _NO_KEY),
                timeout=httpx.Timeout(self._settings.idle_s, connect=self._settings.connect_s),
                max_retries=0,
                stream_usage=True,
                use_responses_api=False,
            )
        return self._client

    def _told(self, error: Exception) -> ModelError:
        """The library's many errors as one of the five. Nothing of the library's own words is passed on."""
        import httpx
        import openai

        name = repr(self.model)
        match error:
            case ModelError():
                return error
            case openai.APITimeoutError() | httpx.TimeoutException() | TimeoutError():
                return ModelError("timeout", f"The model {name} did not answer in time.")
            case openai.RateLimitError():
                return ModelError("rate_limited", f"The model {name} takes no more requests at the moment.")
            case openai.AuthenticationError() | openai.PermissionDeniedError():
                return ModelError("refused", "The model server refused the key.")
            case openai.NotFoundError():
                return ModelError("refused", f"The model server has no model {name} at this address.")
            case openai.APIStatusError(status_code=status) if status >= 500:
                return ModelError("unreachable", f"The model server answered with an error ({status}).")
            case openai.APIStatusError(status_code=status):
                return ModelError("refused", f"The model server refused the request ({status}).")
            case httpx.RemoteProtocolError() | httpx.ReadError():
                return self._broken_off()
            case openai.APIConnectionError() | httpx.TransportError() | OSError():
                return ModelError("unreachable", "The model server cannot be reached.")
            case json.JSONDecodeError():
                return ModelError("bad_answer", f"What the model {name} sent cannot be read.")
            case _:
                return ModelError("bad_answer", f"The model {name} answered in a way that cannot be read.")


def _function(tool: ToolSpec) -> dict[str, Any]:
    described = {"name": tool.name, "description": tool.description, "parameters": tool.schema}
    return {"type": "function", "function": described}


def _part(part: Part) -> Any:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    match part:
        case Message(role="system"):
            return SystemMessage(part.text)
        case Message(role="user"):
            return HumanMessage(part.text)
        case Message():
            return AIMessage(part.text)
        case Asked(text, uses):
            calls = [
                {"id": use.id, "type": "function", "function": {"name": use.name, "arguments": use.arguments}}
                for use in uses
            ]
            return AIMessage(text, additional_kwargs={"tool_calls": calls})
        case ToolAnswer(id, text):
            return ToolMessage(text, tool_call_id=id)


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return ""
