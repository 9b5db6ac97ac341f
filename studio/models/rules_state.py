"""State of the budgets, of what was spent, and of what must not leave."""

from __future__ import annotations

from typing import Any

import reflex as rx

from engine import models
from engine.dlp import redact, said_of
from engine.errors import BadInput, WeftError
from engine.models.rules import Rules
from engine.ownmodels import Budgets
from engine.permissions import Permission, may
from studio.models.costs import (
    LimitRow,
    SpendRow,
    budget_fields,
    budgets_of,
    limit_rows,
    spend_rows,
    total,
)
from studio.models.rules import RuleRow, custom_words, policy_of, rule_rows
from studio.shell import services
from studio.shell.session import authorized, guarded

LONGEST_TRIAL = 4_000


class ModelRules(rx.State):
    """``asking``: "" or which dialog is open, "budgets" or "policy". ``tried``: "" or what became of a text that was
    tried out: "same", "marked" or "refused"."""

    loaded: bool = False
    message: str = ""
    help: str = ""
    can_change: bool = False
    can_see: bool = False

    today: str = ""
    month: str = ""
    limits: list[LimitRow] = []
    warnings: list[str] = []
    by_model: list[SpendRow] = []
    by_day: list[SpendRow] = []

    rules: list[RuleRow] = []
    reach: str = "hosted"

    asking: str = ""
    problem: str = ""
    errors: dict[str, str] = {}
    budgets: dict[str, str] = budget_fields(Budgets())
    custom: str = ""

    tried: str = ""
    trial: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens."""
        self.asking, self.tried, self.trial = "", "", ""
        await self._read()

    @rx.event
    @guarded("view")
    async def refresh(self) -> None:
        """When something was spent."""
        await self._read()

    @rx.event
    @guarded("models")
    async def ask(self, what: str) -> None:
        """Opens a dialog with what holds now."""
        actor = await authorized(self, "models")
        self._show(await models.get_rules(await services.database(), actor))
        self.problem, self.errors = "", {}
        self.asking = what if what in ("budgets", "policy") else ""

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Closes the dialogs."""
        self.asking, self.problem, self.errors = "", "", {}

    @rx.event
    @guarded("models")
    async def save_budgets(self, form: dict[str, Any]) -> None:
        """Keeps the budgets."""
        actor = await authorized(self, "models")
        try:
            await models.set_budgets(await services.database(), actor, budgets_of(form))
        except WeftError as error:
            return self._refused(error)
        self.asking = ""
        return await self._read()

    @rx.event
    @guarded("models")
    async def save_policy(self, form: dict[str, Any]) -> None:
        """Keeps what must not leave."""
        actor = await authorized(self, "models")
        try:
            await models.set_policy(await services.database(), actor, said_of(policy_of(form)))
        except WeftError as error:
            return self._refused(error)
        self.asking = ""
        return await self._read()

    @rx.event
    @guarded("view")
    async def try_out(self, form: dict[str, Any]) -> None:
        """What a model would get of a text. Nothing is sent, and nothing is kept."""
        actor = await authorized(self)
        text = str(form.get("text") or "")[:LONGEST_TRIAL]
        try:
            seen = redact(text, (await models.get_rules(await services.database(), actor)).policy)
        except WeftError as error:
            self.tried, self.trial = "refused", f"{error.message} {error.help}".strip()
            return
        self.tried = "refused" if seen.refused else "marked" if seen.found else "same" if text.strip() else ""
        self.trial = seen.text

    # ---- parts -----------------------------------------------------------------------------------------------

    def _refused(self, error: WeftError) -> None:
        self.problem = f"{error.message} {error.help}".strip()
        self.errors = dict(error.problems) if isinstance(error, BadInput) else {}

    def _show(self, rules: Rules) -> None:
        self.budgets = budget_fields(rules.budgets)
        self.rules, self.reach = rule_rows(rules.policy), rules.policy.reach
        self.custom = custom_words(rules.policy)

    async def _read(self) -> None:
        actor = await authorized(self)
        self.can_change, self.can_see = may(actor, Permission.MODELS), may(actor, Permission.CONVERSE)
        try:
            db = await services.database()
            rules = await models.get_rules(db, actor)
            used = await models.usage(db, actor) if self.can_see else None
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        self._show(rules)
        if used is not None:
            self.limits, self.warnings = limit_rows(used.limits, rules.budgets), list(used.warnings)
            self.by_model, self.by_day = spend_rows(used)
            self.today, self.month = total(used.today), total(used.month)
        self.loaded, self.message, self.help = True, "", ""
