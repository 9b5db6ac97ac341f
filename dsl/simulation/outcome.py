"""How a step, a branch or a simulated run ends other than with a value. They are those of the engine."""

from __future__ import annotations

from dsl.plan import Json


class Failure(Exception):
    """An error that a catch may handle. ``order``: of two, the earlier decides."""

    def __init__(self, code: str, message: str, step: str, order: int = 0) -> None:
        super().__init__(f"{step}: {code}: {message}")
        self.code = code
        self.message = message
        self.step = step
        self.order = order

    def data(self) -> dict[str, Json]:
        return {"code": self.code, "message": self.message, "step": self.step}


class Returned(Exception):
    """A `return`: the run has its result."""

    def __init__(self, value: Json, step: str, order: int) -> None:
        super().__init__(f"returned at {step}")
        self.value = value
        self.step = step
        self.order = order


class Review(Exception):
    """An effect of which nobody knows whether it happened: a person must look."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


class Stopped(Exception):
    """This branch was told to stop: a sibling won or failed, or its time is up."""


class Forever(Exception):
    """Everything that lives waits for what never comes. ``paths`` are the steps that wait."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        super().__init__(", ".join(paths))
        self.paths = paths


class TooLong(Exception):
    """The path has more steps than are looked at."""
