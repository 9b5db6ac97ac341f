"""One invocation of a run: from its journal to its end, or to where it must wait.

An invocation always starts at the top. Finished steps return what the journal holds, so a run that waited for days, or
whose runner was killed, is simply invoked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from dsl import coerce
from engine.artifacts import ArtifactLost
from engine.journal import Answer, Entry, Journal, Started
from engine.runtime.interpreter import Interpreter
from engine.runtime.outcome import Failure, Parked, Returned, Review, Stopped
from engine.runtime.program import Program
from engine.runtime.scope import Scope
from engine.runtime.spine import Spine
from engine.runtime.state import State, World
from engine.runtime.tokens import Branch, Tokens
from engine.runtime.trial import Trial
from engine.strict import NotJson, encode
from engine.testimony import CODE

Json: TypeAlias = Any
End: TypeAlias = Literal["succeeded", "failed", "cancelled", "needs_review", "waiting", "drained"]

MOST_PROBLEMS = 20
"""Of a compensation that are told; an error is no list of everything."""


@dataclass(frozen=True, slots=True)
class Execution:
    """``state``: how the invocation ended; "waiting" and "drained" are the only ends that are not the run's."""

    state: End
    output: Json = None
    error: dict[str, Json] | None = None


class Invocation:
    """``run`` it once. ``deliver``, ``cancel`` and ``drain`` may be called meanwhile, from the same event loop."""

    def __init__(
        self,
        program: Program,
        journal: Journal,
        world: World,
        given: Json,
        cancelled: bool = False,
        trial: Trial | None = None,
    ) -> None:
        self._program = program
        self._journal = journal
        tokens = Tokens(not journal.empty, journal.park, world.clock)
        self._state = State(
            run_id=str(journal.lease.run_id),
            content_hash=program.content_hash,
            steps=program.steps,
            rooms=program.rooms,
            journal=journal,
            world=world,
            tokens=tokens,
            bound=program.bound,
            pins=program.pins,
            workflows=program.workflows,
            trial=trial,
        )
        self._state.halt = self.drain
        self._given = given
        self._cancelled = cancelled
        self._root = Branch()
        if cancelled:
            tokens.replaying = True
            tokens.cancelling = self._root

    async def run(self) -> Execution:
        """Raises ``Fenced``, ``Interrupted`` and ``Refused``: then nothing more was written."""
        state, plan = self._state, self._program.plan
        interpreter = Interpreter(state)
        scope = Scope({})
        spine = Spine(interpreter, scope, self._root)
        try:
            scope.names.update(self._names(scope))
            if self._cancelled and self._journal.empty:
                raise Stopped
            await self._program.travel(spine)
            if spine.ending is None:
                result = plan.body.result
                value = None if result is None else state.compute(result, scope, "")
                spine.ending = Returned(value, "", 0)
        except (Failure, Stopped) as failure:
            spine.ending = failure
        except ArtifactLost as lost:  # no catch of the workflow's handles it: what is recorded did happen
            spine.ending = Failure("artifact_lost", str(lost), lost.step)
        finally:
            ending = spine.leave()
        try:
            return await self._end(interpreter, ending)
        except Parked:
            return Execution("waiting")
        except Review:
            return await self._review()
        except Stopped:
            return await self._review() if self._state.reviews else Execution("drained")

    def deliver(self, path: str, answer: Answer) -> None:
        """An answer that was recorded while the run is alive here."""
        self._state.tokens.deliver(path, answer)

    def look(self) -> None:
        """Events may have come that the run waits for."""
        self._state.tokens.look()

    def open_gates(self) -> list[str]:
        return self._state.tokens.open_gates()

    def cancel(self) -> None:
        """End as cancelled: finish what is in flight, undo what was done."""
        self._cancelled = True
        if self._state.tokens.replaying:
            self._state.tokens.cancelling = self._root
        else:
            self._root.stop()

    def drain(self) -> None:
        """Stop before the next step, so that another runner goes on from there."""
        self._state.draining = True
        self._root.stop()
        self._state.undoing.stop()

    @property
    def _cut_short(self) -> bool:
        """Whether what the run gives may be the output of some step of it."""
        return self._state.trial is not None and bool(self._state.trial.until)

    def _names(self, scope: Scope) -> dict[str, Json]:
        state, plan = self._state, self._program.plan
        given = self._given if isinstance(self._given, dict) else {}
        defaults = {name: value for name, value in plan.input_defaults.items() if name not in given}
        values = {**given, **{name: state.compute(value, scope, "") for name, value in defaults.items()}}
        config = {name: state.compute(value, scope, "") for name, value in plan.config.items()}
        return {"input": coerce(values, plan.input_schema), "config": config, "secrets": {}}

    async def _end(self, interpreter: Interpreter, ending: BaseException | None) -> Execution:
        journal, plan = self._journal, self._program.plan
        if self._state.reviews:
            return await self._review()
        if isinstance(ending, Failure) and self._cancelled and self._given_up():
            ending = Stopped()  # it was not the step that failed: nobody waits for it any more
        match ending:
            case Returned(value=value):
                if plan.output_schema is not None and not self._cut_short:
                    value = coerce(value, plan.output_schema)
                try:
                    await journal.finish("succeeded", {"output": value}, value)
                except NotJson as error:
                    return await self._fail(
                        interpreter, Failure("invalid_result", f"The result is {error}.", "")
                    )
                return Execution("succeeded", value)
            case Failure():
                return await self._fail(interpreter, ending)
            case Parked():
                return Execution("waiting")
            case Stopped() if self._state.draining:
                return Execution("drained")
            case Stopped() if self._cancelled:
                problems = await interpreter.compensate("")
                reason: dict[str, Json] = {
                    "code": "cancelled",
                    "message": "The run was cancelled.",
                    "step": "",
                }
                reason |= self._not_undone(problems)
                left = [_left(path, asked) for path, asked in journal.unknown.items()]
                unclear = [entry.path for entry in left] + self._given_up()
                if unclear:
                    reason["unknown"] = unclear[:MOST_PROBLEMS]
                    reason["message"] = f"The run was cancelled. {_LEFT} {', '.join(reason['unknown'])}."
                await journal.finish("cancelled", {"error": reason}, None, reason, left)
                return Execution("cancelled", None, reason)
            case Stopped():
                raise RuntimeError(
                    "A gate's end is recorded as cancelled, and nothing says who cancelled it."
                )
            case _:
                raise AssertionError(f"a run cannot end by {ending!r}")

    async def _fail(self, interpreter: Interpreter, failure: Failure) -> Execution:
        if self._state.draining:
            return Execution("drained")
        problems = await interpreter.compensate("")
        error = failure.data() | self._not_undone(problems)
        await self._journal.finish("failed", {"error": error}, None, error)
        return Execution("failed", None, error)

    def _given_up(self) -> list[str]:
        """The calls that a person has stopped to wait for (``engine.stopping``)."""
        return [path for path, one in self._journal.done.items() if one.error and one.error.get("forced")]

    def _not_undone(self, problems: list[dict[str, Json]]) -> dict[str, Json]:
        """What is still there at the end of a run that did not come through: what could not be undone, and the steps
        of another run that this one has taken over."""
        said: dict[str, Json] = {}
        if problems:
            said["compensation"] = problems[:MOST_PROBLEMS]
        if self._state.theirs:
            said["not_undone"] = self._state.theirs[:MOST_PROBLEMS]
        return said

    async def _review(self) -> Execution:
        asked = self._state.reviews
        path, question = next(iter(asked.items()))
        if len(asked) > 1:
            question = f"{question} ({len(asked) - 1} more of this run's calls are as unclear.)"
        error = {"code": "needs_review", "message": question, "step": path}
        await self._journal.finish("needs_review", {"on": list(asked)}, None, error)
        return Execution("needs_review", None, error)


_LEFT = "Nobody has said whether these calls happened; they were neither repeated nor undone:"


def _left(path: str, asked: Started) -> Entry:
    """The end of a call about which nobody answered before the run was cancelled."""
    message = (
        "The run was cancelled before anybody said whether this happened. It was neither repeated nor undone."
    )
    error = {"code": CODE, "message": message, "step": path}
    data = {"error": error, "attempt": asked.data["attempt"], "final": True}
    return Entry("step.failed", path, encode(data))


__all__ = ["End", "Execution", "Invocation"]
