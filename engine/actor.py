"""Who does something: a signed-in person, inside one account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Role = Literal["viewer", "builder", "approver", "operator", "admin"]


@dataclass(frozen=True, slots=True)
class Actor:
    """``role`` is what they may do in the studio, ``groups`` the business roles that approvals name."""

    account_id: UUID
    user_id: UUID
    email: str
    name: str
    role: Role
    groups: tuple[str, ...] = ()
