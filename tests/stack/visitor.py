"""A program that uses the studio's HTTP API, as a customer's own would: tokens, retries, bounded waits."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.stack.stack import Stack

Json = Any
OVER = frozenset({"succeeded", "failed", "cancelled", "timed_out", "needs_review"})


@dataclass(frozen=True, slots=True)
class Event:
    seq: int
    kind: str
    path: str
    data: dict[str, Json]


class Visitor:
    """``refusals`` are the answers that said "not now"; each of them was problem details with status 503."""

    def __init__(self, stack: Stack) -> None:
        self.refusals = 0
        self._client = httpx.Client(base_url=f"{stack.url}/api", timeout=20, trust_env=False)
        self._who = {"email": stack.email, "password": stack.password}
        self.sign_in()

    def sign_in(self) -> str:
        """A fresh access token, good for ten minutes; the visitor goes on with it too."""
        token = str(self.until_served("POST", "/login", self._who)["access_token"])
        self._client.headers["Authorization"] = f"Bearer {token}"
        return token

    @property
    def signed_in(self) -> dict[str, str]:
        """The header of a request that is this visitor's."""
        return {"Authorization": self._client.headers["Authorization"]}

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def until_served(self, method: str, path: str, body: Json = None, seconds: float = 30) -> Json:
        """The answer; a 503 is asked again until time is up. Any other refusal fails."""
        end = time.monotonic() + seconds
        while True:
            answer = self._client.request(method, path, json=body)
            if answer.status_code != 503:
                assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
                return answer.json()
            assert answer.headers["content-type"] == "application/problem+json", answer.text
            assert answer.json()["status"] == 503 and answer.json()["detail"], answer.text
            self.refusals += 1
            assert time.monotonic() < end, f"{method} {path} was refused for {seconds} s: {answer.text}"
            time.sleep(0.05)  # the refusals come at once; this only keeps the machine free

    def status(self, method: str, path: str, body: Json = None) -> int:
        """Of one attempt, whatever comes of it."""
        return self._client.request(method, path, json=body).status_code

    def get(self, path: str) -> Json:
        return self.until_served("GET", path)

    def publish(self, text: str) -> str:
        """The id of a workflow with this text, live."""
        name = text.split()[1]
        found = [one for one in self.get("/workflows") if one["name"] == name]
        if found:
            return str(found[0]["id"])
        made = self.until_served("POST", "/workflows", {"name": name, "text": text})["workflow_id"]
        self.until_served("POST", f"/workflows/{made}/publish", {"message": ""})
        return str(made)

    def start(self, workflow: str, given: Json, key: str | None = None) -> str:
        body = {"input": given, "idempotency_key": key}
        return str(self.until_served("POST", f"/workflows/{workflow}/runs", body)["run_id"])

    def follow(self, run: str, seconds: float = 60) -> Iterator[Event]:
        """The run's events as they come, until it is over; a stream that breaks is taken up where it broke."""
        end, last = time.monotonic() + seconds, 0
        while True:
            assert time.monotonic() < end, f"run {run} did not end in {seconds} s: {self.run(run)['summary']}"
            try:
                with self._client.stream("GET", f"/runs/{run}/events", params={"after": last}) as answer:
                    if answer.status_code != 200:
                        continue
                    for line in answer.iter_lines():
                        assert time.monotonic() < end, f"run {run} did not end in {seconds} s"
                        if not line.startswith("data: "):
                            continue
                        data = json.loads(line[6:])
                        if "seq" in data:
                            last = data["seq"]
                            yield Event(last, data["kind"], data["path"], data["data"])
            except httpx.TransportError:
                continue
            if self.run(run)["summary"]["state"] in OVER:
                return

    def run(self, run: str) -> Json:
        return self.get(f"/runs/{run}")

    def end_of(self, run: str, seconds: float = 60) -> Json:
        """The run once it is over."""
        for _ in self.follow(run, seconds):
            pass
        return self.run(run)
