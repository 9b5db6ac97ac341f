"""Somebody who uses the HTTP API while it is being broken: signs in when needed, and takes no answer for what it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx

Json = Any

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` 0: no answer came; what was asked may have happened."""

    status: int
    body: Json = None

    @property
    def again(self) -> bool:
        """Whether asking again is the thing to do."""
        return self.status in (0, 503)


class Caller:
    """``odd``: answers that no fault excuses. ``refusals`` counts 503, ``silences`` answers that never came."""

    def __init__(self, url: str, email: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"{url}/api", timeout=10, trust_env=False, limits=httpx.Limits(max_connections=20)
        )
        self._email = email
        self.odd: list[str] = []
        self.counts: Counter[str] = Counter()

    async def close(self) -> None:
        await self._client.aclose()

    async def ask(self, method: str, path: str, body: Json = None) -> Answer:
        answer = await self._once(method, path, body)
        if answer.status == 401:
            entered = await self._once("POST", "/login", {"email": self._email, "password": PASSWORD})
            if entered.status != 200:
                return Answer(0)
            self._client.headers["Authorization"] = f"Bearer {entered.body['access_token']}"
            answer = await self._once(method, path, body)
        return answer

    async def _once(self, method: str, path: str, body: Json) -> Answer:
        try:
            got = await self._client.request(method, path, json=body)
        except httpx.TransportError:
            self.counts["no answer"] += 1
            return Answer(0)
        if got.status_code == 503:
            self.counts["503"] += 1
            if got.headers.get("content-type") != "application/problem+json":
                self.odd.append(f"{method} {path} answered 503 without a problem document")
        elif not got.is_success and got.status_code not in (401, 403, 404, 409):
            self.odd.append(f"{method} {path} answered {got.status_code}: {got.text[:200]}")
            return Answer(0)
        return Answer(got.status_code, got.json())
