"""E402: a tool that moves money, deletes or sends outside runs without a yes.

What: on some way through the workflow nobody whose yes counts has approved the call, and no condition keeps its very
amount below a limit. What a tool does, who approves and which argument is the amount is said in the account's policy.
Why: a mistake, or a sentence a model was talked into, then costs money or reaches people before anybody has looked.
Fix: put an `approve` before it on that way, or let it run only where a condition holds that compares the same amount
with a number from `config` or the text itself. What an input says is no limit: a caller chooses it.

The yes of an approval counts until the workflow's end, also inside a `foreach`. An approval whose `on reject` or
`on timeout` branch goes on is no yes on that way. Everybody who may answer must be among the policy's approvers. A
limit is a limit for each call: a `foreach` may stay below it many times. A compensation of a call that was approved
needs no yes of its own. What another workflow does that this one runs is checked where that one is published.

Bad:
    workflow refund {
      use shop: mcp "shop"
      input { order_id: string }
      config { threshold: float = 100.0 }

      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step gate: if order.total > config.threshold {
        step approval: approve by role "manager" {
          title "Refund ${money(order.total)} for ${order.id}?"
          show order
          within 24h
        }
      }
      step refund: call «shop.process_refund»(order_id: order.id, amount: order.total * 2.0)
        key "refund-${order.id}"
        timeout 30s
    }
Good:
    workflow refund {
      use shop: mcp "shop"
      input { order_id: string }
      config { threshold: float = 100.0 }

      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step gate: if order.total > config.threshold {
        step approval: approve by role "manager" {
          title "Refund ${money(order.total)} for ${order.id}?"
          show order
          within 24h
        }
      }
      step refund: call shop.process_refund(order_id: order.id, amount: order.total)
        key "refund-${order.id}"
        timeout 30s
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.flow import NEVER, Bounds, Stop, Value, Values, sure_of, way_to
from dsl.meaning.effects import Effect, effects_of
from dsl.outline import Place
from dsl.wording.sentences import arm_label
from dsl.wording.spelling import listed
from dsl.wording.terms import terms_of

_MOST_WAYS = 40
"""More of them in one text are told without the way, which takes time to find: the first ones say what is missing."""
_DEEDS = {"money": "moves money", "delete": "deletes things", "send": "sends things outside"}


def check(subject: Subject) -> Iterator[Diagnostic]:
    if not subject.knows_connectors:
        return
    dangers = [
        (place, effect)
        for place in subject.places
        for effect in effects_of(place.step, subject.uses, subject.catalog)
        if effect.known and effect.nature.dangerous
    ]
    if not dangers:
        return
    proof = _Proof(subject, Values(subject.workflow))
    debts = [(place, effect, proof.debt(place, effect)) for place, effect in dangers]
    sure = sure_of(subject.workflow, proof)
    ways = _MOST_WAYS
    for place, effect, debt in debts:
        before = sure.before[place.path]
        if not any(before & mask == mask for mask in debt.settled_by):
            missing = debt.settled_by[-1] & ~before
            ways -= 1
            way = () if ways < 0 else way_to(subject.workflow, sure, place.path, missing & -missing)
            yield _diagnostic(subject, place, effect, way)


@dataclass(frozen=True, slots=True)
class _Debt:
    """What must be sure before a call: one of these sets of facts."""

    settled_by: tuple[int, ...]


@dataclass(slots=True)
class _Proof:
    """The facts: "somebody of these approvers said yes" and "this value is bounded, or somebody of these said yes".

    With the approvers in the second sort too, a value that is bounded on one way and approved on the other stays sure.
    """

    subject: Subject
    values: Values
    bounds: Bounds = field(init=False)
    bits: dict[tuple[frozenset[str], Value | None], int] = field(default_factory=dict)
    of_approvers: dict[frozenset[str], int] = field(default_factory=dict)
    of_value: dict[Value, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bounds = Bounds(self.values)

    def debt(self, place: Place, effect: Effect) -> _Debt:
        nature = effect.nature
        ways = [self._bit(nature.approvers, None)]
        amount = effect.argument(nature.amount)
        if nature.approval == "bounded" and amount is not None:
            ways.append(self._bit(nature.approvers, self.values.of(amount, place.path)))
            parts = [self._bit(nature.approvers, value) for value in self.bounds.open(amount, place.path)]
            ways.append(_all(parts))
        return _Debt(tuple(ways))

    def _bit(self, approvers: frozenset[str], value: Value | None) -> int:
        bit = self.bits.setdefault((approvers, value), 1 << len(self.bits))
        self.of_approvers[approvers] = self.of_approvers.get(approvers, 0) | bit
        if value is not None:
            self.of_value[value] = self.of_value.get(value, 0) | bit
        return bit

    def _bounded(self, values: frozenset[Value]) -> int:
        return _all([self.of_value.get(value, 0) for value in values])

    def approved(self, step: tree.Step, path: str) -> int:
        if not isinstance(step.kind, tree.Approve):
            return 0
        kind = step.kind
        return _all([bits for roles, bits in self.of_approvers.items() if _counts(self.subject, kind, roles)])

    def tested(self, test: tree.Expr, path: str, outcome: bool) -> int:
        return self._bounded(self.bounds.when(test, path, outcome))

    def chosen(self, subject: tree.Expr, value: tree.Expr, path: str, outcome: bool) -> int:
        return self._bounded(self.bounds.equal(subject, value, path, outcome))

    def rounds(self, test: tree.Expr, path: str, outcome: bool) -> int:
        return self._bounded(self.bounds.when(test, path, outcome, in_round=True))

    def undoing(self, step: tree.Step, path: str, before: int, after: int) -> int:
        """Who approved an effect has approved undoing it."""
        effects = effects_of(step, self.subject.uses, self.subject.catalog)
        owed = [
            self.bits[one.nature.approvers, None] for one in effects if one.known and one.nature.dangerous
        ]
        return NEVER if owed and all(before & bit for bit in owed) else after


def _all(masks: list[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _counts(subject: Subject, approve: tree.Approve, roles: frozenset[str]) -> bool:
    """Whether whoever can answer is somebody whose yes counts. A name that the account does not have is another
    rule's business."""
    if not roles:
        return True
    asked = (*approve.approvers, *((approve.escalate.to,) if approve.escalate else ()))
    return bool(asked) and all(_named(subject, approver, roles) for approver in asked)


def _named(subject: Subject, approver: tree.Approver, roles: frozenset[str]) -> bool:
    if not isinstance(approver.name, tree.Constant):
        return False
    known = subject.catalog.roles if approver.by == "role" else subject.catalog.users
    name = approver.name.value
    return name in roles or (known is not None and name not in known)


def _diagnostic(subject: Subject, place: Place, effect: Effect, way: tuple[Stop, ...]) -> Diagnostic:
    nature, id_ = effect.nature, place.step.id
    if nature.stated:
        does = listed([words for deed, words in _DEEDS.items() if deed in nature.does], "and")
    else:
        does = "may move money, delete or send things outside"
    who = f"`{id_}`" if effect.args is not None else f"the agent `{id_}` may use `{effect.tool}`, which"
    where = [_where(subject, stop) for stop in way if stop.decides]
    chain = " -> ".join(_shortened([stop.step.id for stop in way]))
    on = (
        f" on the way where {where[-1]}: {chain}" if where else f" on the way {chain}" if len(way) > 1 else ""
    )
    return Diagnostic(
        "E402",
        "error",
        f"{who} {does}, and nobody has approved it{on}",
        effect.span,
        _help(subject, place, effect, way),
        place.path,
        None,
        tuple(stop.path for stop in way) or (place.path,),
    )


def _shortened(names: list[str]) -> list[str]:
    return names if len(names) <= 7 else [*names[:2], "...", *names[-4:]]


def _where(subject: Subject, stop: Stop) -> str:
    """What happened at a step so that the way goes past what would have made it sure."""
    name, kind = f"`{stop.step.id}`", stop.step.kind
    if stop.slot.startswith("catch"):
        return f"{name} fails and its `catch` goes on"
    match kind:
        case tree.Approve():
            if stop.slot == "reject":
                return f"the answer to {name} is no"
            return f"nobody answers {name} in time" if stop.slot == "timeout" else f"{name} is approved"
        case tree.If(otherwise=None) if stop.slot == "else":
            return f"{name} is not needed"
        case tree.If() | tree.Switch():
            label = arm_label(kind, stop.slot, terms_of(subject.workflow, subject.catalog))
            return f"{name} goes on with “{label}”"
        case tree.Foreach() | tree.Loop():
            return f"{name} has nothing to do"
        case tree.Parallel(join="any"):
            return f"another step of {name} is done first"
        case tree.Parallel():
            return f"a step of {name} has failed"
        case _:
            return f"{name} goes on"


def _asked_here(subject: Subject) -> list[str]:
    """The roles that the workflow asks elsewhere: whoever decides there may well decide here."""
    kinds = [place.step.kind for place in subject.places if isinstance(place.step.kind, tree.Approve)]
    asked = (approver.name for kind in kinds for approver in kind.approvers if approver.by == "role")
    return [name.value for name in asked if isinstance(name, tree.Constant) and isinstance(name.value, str)]


def _help(subject: Subject, place: Place, effect: Effect, way: tuple[Stop, ...]) -> str:
    nature = effect.nature
    roles = sorted(nature.approvers) or sorted(subject.catalog.roles or ())
    here = [role for role in _asked_here(subject) if role in roles] or roles or ["..."]
    ask = f'put `approve by role "{here[0]}" {{ ... }}` before it on that way'
    asked = [
        stop.step.id for stop in way if isinstance(stop.step.kind, tree.Approve) and stop.slot == "approved"
    ]
    if nature.approvers and asked:
        yes = listed([f"`{role}`" for role in roles], "or")
        ask = f"`{asked[-1]}` does not count: let only {yes} answer it"
    amount = effect.argument(nature.amount)
    if nature.approval == "bounded" and amount is not None:
        written = subject.text[amount.span.start : amount.span.end]
        ask += f", or compare `{written}` itself with a limit from `config` first"
    if not nature.stated:
        ask += (
            f"; the policy says nothing of `{effect.connector}.{effect.tool}`, so the worst is assumed:"
            " an administrator can say there what it does"
        )
    return ask
