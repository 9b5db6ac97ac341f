"""Who may approve what: a role in words to one the account has, and the question put to them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio.designer.builtin.words import STOP, name_stems, raw_tokens, stem
from studio.designer.builtin.work import identifier

_KIN = (
    frozenset(["manag", "boss", "supervisor", "lead", "head", "superior"]),
    frozenset(["financ", "accounting", "controller", "cfo", "treasury"]),
    frozenset(["support", "agent", "helpdesk", "service"]),
    frozenset(["hr", "personnel", "human"]),
    frozenset(["oper", "ops", "sre", "oncall"]),
    frozenset(["director", "executiv", "vp"]),
    frozenset(["legal", "lawyer", "counsel", "complianc"]),
)


@dataclass(frozen=True, slots=True)
class RoleFound:
    """``sure`` is false when the role was guessed; ``known`` are the roles to choose from."""

    role: str
    sure: bool
    known: tuple[str, ...]


def find_role(words: str, roles: frozenset[str] | None) -> RoleFound | None:
    """The role that "the finance team" or "a manager" means; None when an account has no roles at all."""
    said = tuple(
        stem(w)
        for w in raw_tokens(re.sub(r"\b(?:team|department|someone|somebody|person|people|role)\b", "", words))
        if w not in STOP
    )
    slug = identifier(
        "_".join(w for w in raw_tokens(words) if w not in STOP and w not in ("team", "department", "role"))
    )
    if roles is None:
        return RoleFound(slug if said else "manager", bool(said), ())
    if not roles:
        return None
    known = tuple(sorted(roles))
    if slug in roles:
        return RoleFound(slug, True, known)
    scored = sorted(((_overlap(said, name_stems(role)), -len(role), role) for role in known), reverse=True)
    best = scored[0]
    if best[0] > 0:
        return RoleFound(best[2], True, known)
    fallback = min((role for role in known if "manager" in role), key=len, default=known[0])
    return RoleFound(fallback, False, known)


def _overlap(said: tuple[str, ...], role: tuple[str, ...]) -> float:
    score = 0.0
    for word in said:
        if word in role:
            score += 1.0
        elif any(word in kin and set(role) & kin for kin in _KIN):
            score += 0.6
    return score - 0.1 * sum(1 for word in role if word not in said) if score else 0.0
