"""Nobody reaches a handler without a session, and no handler is without a label."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from reflex.istate.manager.memory import StateManagerMemory
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.registry import RegistrationContext

from engine import people
from engine.permissions import Permission
from studio.shell.session import FRAMEWORK, permission_of
from studio.shell.state import Shell
from studio.studio import app
from studio.workflows import WorkflowList
from tests.studio.conftest import Socket, Tab, Workspace


def handlers() -> dict[str, Any]:
    """Every handler a browser can name, with its function."""
    with app.set_contexts():
        return {name: known.handler.fn for name, known in RegistrationContext.get().event_handlers.items()}


def ours() -> dict[str, Any]:
    return {name: fn for name, fn in handlers().items() if not fn.__module__.startswith("reflex")}


def some(parameter: inspect.Parameter) -> Any:
    return {"int": 1, "bool": True, "dict[str, Any]": {}}.get(str(parameter.annotation), "x")


def payload_of(fn: Any) -> dict[str, Any]:
    parameters = list(inspect.signature(fn).parameters.values())[1:]
    return {parameter.name: some(parameter) for parameter in parameters}


def is_event(name: str) -> bool:
    """Whether a handler is labelled: meant to be called by a page."""
    return permission_of(ours()[name]) is not None


def test_every_page_has_labelled_handlers() -> None:
    assert sum(map(is_event, ours())) > 40
    assert {permission_of(fn) for fn in ours().values()} <= {None, *Permission}


@pytest.mark.parametrize("name", sorted(name for name in ours() if not is_event(name)))
async def test_what_is_not_labelled_is_refused_to_everybody(signed_in: Tab, name: str) -> None:
    await signed_in.call(name, payload_of(ours()[name]))
    assert "not something a page may ask for" in signed_in.scripts


@pytest.mark.parametrize("name", sorted(ours()))
async def test_a_stranger_is_sent_to_sign_in_by_every_handler(
    tab: Tab, workspace: Workspace, name: str
) -> None:
    tab.cookie = "weft_session=made-up"
    await tab.call(name, payload_of(ours()[name]))
    assert [each.partition("?")[0] for each in tab.redirects] == ["/login"]
    assert tab.scripts == ""


@pytest.mark.parametrize(
    "name", sorted(name for name, fn in handlers().items() if fn.__module__.startswith("reflex"))
)
async def test_of_the_frameworks_handlers_only_those_a_page_needs_pass(signed_in: Tab, name: str) -> None:
    handler = name.rpartition(".")[2]
    if handler in FRAMEWORK:
        return
    await signed_in.call(
        name, {"var_name": "role", "value": "admin"} if handler == "setvar" else {"vars": {}}
    )
    assert "not something a page may ask for" in signed_in.scripts


async def test_a_browser_cannot_set_a_variable_by_name(signed_in: Tab) -> None:
    await signed_in.send(Shell.load())
    await signed_in.call(f"{Shell.get_full_name()}.setvar", {"var_name": "role", "value": "somebody else's"})
    assert (await signed_in.state(Shell)).role == "admin"


async def test_without_the_guard_a_stranger_reaches_a_handler(workspace: Workspace) -> None:
    """The negative control: what keeps strangers out is the guard, not the framework."""
    states = StateManagerMemory()
    with app.set_contexts():
        processor = BaseStateEventProcessor(middleware=None)
        async with processor.configure(state_manager=states):
            tab = Tab(processor, states, Socket(), [])
            await tab.call("reflex___state____state.hydrate", {})
            await tab.send(WorkflowList.ask())
            assert (await tab.state(WorkflowList)).asking


async def test_a_session_that_ended_stops_the_next_event(signed_in: Tab, workspace: Workspace) -> None:
    await signed_in.send(Shell.load())
    assert (await signed_in.state(Shell)).email == workspace.owner.email
    await people.sign_out(workspace.db, workspace.token)
    await signed_in.send(WorkflowList.load())
    assert signed_in.redirects == ["/login?next=%2Fworkflows"]


async def test_a_role_that_may_only_look_is_told_so(tab: Tab, workspace: Workspace) -> None:
    await people.add_user(
        workspace.db,
        workspace.owner.account_id,
        email="viewer@example.com",
        name="Viewer",
        role="viewer",
        password="a password for tests",
    )
    token, _ = await people.sign_in(workspace.db, "viewer@example.com", "a password for tests")
    tab.cookie = f"weft_session={token}"
    await tab.send(WorkflowList.ask())
    assert "may not do this" in tab.scripts
    assert not (await tab.state(WorkflowList)).asking


async def test_page_state_of_one_session_is_gone_for_the_next(signed_in: Tab, workspace: Workspace) -> None:
    await signed_in.send(Shell.load())
    await people.add_user(
        workspace.db,
        workspace.owner.account_id,
        email="other@example.com",
        name="Other",
        role="viewer",
        password="a password for tests",
    )
    token, _ = await people.sign_in(workspace.db, "other@example.com", "a password for tests")
    signed_in.cookie = f"weft_session={token}"
    await signed_in.call("reflex___state____state.hydrate", {})
    assert (await signed_in.state(Shell)).email == ""
