"""Every handler that a page may name, against every role: default deny."""

from __future__ import annotations

import pytest

from engine import people
from engine.permissions import ALLOWED
from studio.shell.session import permission_of
from tests.security import handlers
from tests.studio.conftest import PASSWORD, Tab, Workspace
from tests.studio.test_guard import ours


@pytest.mark.parametrize("role", ["viewer", "builder", "approver", "operator", "admin"])
async def test_a_role_reaches_exactly_the_handlers_of_its_permissions(
    tab: Tab, workspace: Workspace, role: str
) -> None:
    email = f"{role}@example.com"
    await people.add_user(
        workspace.db, workspace.owner.account_id, email=email, name=role, role=role, password=PASSWORD
    )
    token, _ = await people.sign_in(workspace.db, email, PASSWORD)
    tab.cookie = f"weft_session={token}"
    await tab.call("reflex___state____state.hydrate", {})
    reached, barred = set(), set()
    for name, unfit in handlers().items():
        before = tab.scripts
        await tab.call(name, unfit)
        said = tab.scripts[len(before) :]
        (reached if "does not fit" in said else barred if "may not do this" in said else set()).add(name)
    wanted = {name for name in handlers() if role in ALLOWED[permission_of(ours()[name])]}  # type: ignore[index]
    assert reached == wanted
    assert barred == handlers().keys() - wanted
