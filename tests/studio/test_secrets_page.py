"""The page of secrets: a value goes in with one event and is in no state, no notice and no answer after it."""

from __future__ import annotations

import secrets as random
from pathlib import Path

import pytest

from engine import people, secrets, workflows
from studio.secrets import SecretList
from tests.studio.conftest import PASSWORD, Tab, Workspace

TEXT = """workflow paid_orders {
  secret paid_key
  trigger placed: webhook POST "/paid" verify standard(secrets.paid_key)
  step done: let 1
}
"""


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(random.token_hex(32))
    monkeypatch.setenv("WEFT_KEY_FILE", str(tmp_path / "key"))


async def test_a_secret_is_set_replaced_revoked_and_deleted_and_no_value_is_in_the_page(
    signed_in: Tab, workspace: Workspace
) -> None:
    db, owner = workspace.db, workspace.owner
    canary = f"canary{random.token_hex(12)}"
    said: list[str] = []

    async def page() -> SecretList:
        found = await signed_in.state(SecretList)
        said.append(str(found.dict()) + signed_in.scripts)
        return found

    await signed_in.send(SecretList.load())
    assert "paid_key" not in [row.name for row in (await page()).rows]
    await signed_in.send(SecretList.ask(""))
    await signed_in.send(SecretList.save({"name": "shop key", "value": f"{canary}-0", "keep": "24"}))
    assert (await page()).errors.keys() == {"name"}
    await signed_in.send(SecretList.save({"name": "paid_key", "value": f"{canary}-1"}))
    [row] = [row for row in (await page()).rows if row.name == "paid_key"]
    assert (row.name, row.before_until, [one["key"] for one in row.menu]) == (
        "paid_key", "", ["replace", "delete"],
    )  # fmt: skip
    await signed_in.send(SecretList.pick("paid_key", "replace"))
    await signed_in.send(SecretList.save({"value": f"{canary}-2", "keep": "1"}))
    [row] = [row for row in (await page()).rows if row.name == "paid_key"]
    assert row.before_until and [one["key"] for one in row.menu] == ["replace", "revoke", "delete"]
    await signed_in.send(SecretList.pick("paid_key", "revoke"))
    assert [row.before_until for row in (await page()).rows if row.name == "paid_key"] == [""]

    draft = await workflows.create_workflow(db, owner, "Orders", TEXT)
    await workflows.publish(db, owner, draft.workflow_id)
    await signed_in.send(SecretList.pick("paid_key", "delete"))
    await signed_in.send(SecretList.delete())
    assert "needed by paid_orders" in (await page()).delete_problem
    await signed_in.send(SecretList.delete())
    found = await page()
    assert "paid_key" not in [row.name for row in found.rows]
    assert "paid_key" in [one.name for one in found.missing]
    assert [number for number, one in enumerate(said) if canary in one] == []


async def test_the_address_opens_the_dialog_of_the_secret_that_it_names(
    signed_in: Tab, workspace: Workspace
) -> None:
    signed_in.url = "http://localhost:3000/secrets?name=paid_key"
    await signed_in.send(SecretList.load())
    page = await signed_in.state(SecretList)
    assert (page.editing, page.name, page.known) == ("paid_key", "paid_key", False)


async def test_a_viewer_sees_names_and_changes_nothing(tab: Tab, workspace: Workspace) -> None:
    db, owner = workspace.db, workspace.owner
    await secrets.set_secret(db, owner, "viewed_key", random.token_hex(8))
    email = "viewer@example.com"
    await people.add_user(db, owner.account_id, email=email, name="V", role="viewer", password=PASSWORD)
    token, _ = await people.sign_in(db, email, PASSWORD)
    tab.cookie = f"weft_session={token}"
    await tab.call("reflex___state____state.hydrate", {})
    await tab.send(SecretList.load())
    page = await tab.state(SecretList)
    assert "viewed_key" in [row.name for row in page.rows] and not page.can_change
    before = len(page.rows)
    await tab.send(SecretList.save({"name": "other", "value": "long enough"}))
    assert "may not do this" in tab.scripts
    assert len(await secrets.list_secrets(db, owner)) == before
