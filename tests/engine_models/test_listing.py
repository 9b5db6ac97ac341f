"""An account's models: who may change them, what is kept of a key, where they may be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from engine import audit, models, vault
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.identity import new_id
from engine.model import Price
from engine.model.message import Spent
from engine.models import Form
from engine.ownmodels import Allowed, check_address, secret_name
from engine.vault import Sealed
from tests.engine_store.conftest import Workspace

KEY = "sk-a-key-of-ours-0123456789"
FORM = Form("Ours", "local", "http://127.0.0.1:9/v1", "small", key=KEY, usd_in=0.5, usd_out=2)


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_MODEL_ALLOW_HOSTS", "127.0.0.1:9, 127.0.0.1:10")


async def test_a_model_is_kept_without_its_key_in_sight(db: Database, owner: Database, workspace: Workspace):
    view = await models.add_model(db, workspace.admin, FORM)
    assert (view.has_key, view.local, view.usd_out, view.probe) == (True, True, 2.0, {})
    assert KEY not in repr(view) and KEY not in repr(FORM)
    [entry] = await models.own_entries(db, workspace.admin)
    assert (entry.key, entry.model) == (KEY, "small") and KEY not in repr(entry)
    async with owner.platform() as session:
        rows = await session.execute(text("SELECT to_jsonb(m)::text FROM account_models AS m"))
        said = await session.execute(text("SELECT data::text FROM audit_log"))
        assert all(KEY not in row for row in [*rows.scalars(), *said.scalars()])


async def test_a_change_keeps_the_key_and_another_address_wants_it_again(db: Database, workspace: Workspace):
    admin = workspace.admin
    view = await models.add_model(db, admin, FORM)
    await models.change_model(db, admin, view.id, replace(FORM, key=None, name="Renamed", enabled=False))
    assert await models.own_entries(db, admin) == ()
    await models.change_model(db, admin, view.id, replace(FORM, key=None))
    assert (await models.own_entries(db, admin))[0].key == KEY
    with pytest.raises(BadInput, match="another address"):
        await models.change_model(db, admin, view.id, replace(FORM, key=None, url="http://127.0.0.1:10/v1"))
    assert not (await models.change_model(db, admin, view.id, replace(FORM, key=""))).has_key
    assert (await models.own_entries(db, admin))[0].key == ""
    said = [(entry.action, entry.data) for entry in await audit.list_entries(db, admin, limit=4)]
    assert said[0] == ("model.change", {"key": False})
    assert said[2] == ("model.change", {"name": "Renamed", "enabled": False})
    assert said[3][1]["key"] is True


async def test_one_is_turned_off_and_on_again_wherever_it_is(
    db: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    view = await models.add_model(db, workspace.admin, FORM)
    monkeypatch.setenv("WEFT_MODEL_ALLOW_HOSTS", "")
    assert not (await models.switch_model(db, workspace.admin, view.id)).enabled
    assert await models.own_entries(db, workspace.admin) == ()
    assert (await models.switch_model(db, workspace.admin, view.id)).has_key


async def test_tokens_of_the_providers_cache_have_prices_of_their_own(db: Database, workspace: Workspace):
    admin = workspace.admin
    form = replace(FORM, usd_cached=0.05, usd_stored=0.625)
    view = await models.add_model(db, admin, form)
    assert (view.usd_cached, view.usd_stored) == (0.05, 0.625)
    (entry,) = await models.own_entries(db, admin)
    assert entry.price == Price(0.5, 2, 0.05, 0.625)
    assert entry.price.of(Spent(tokens_in=1_000_000, tokens_cached=900_000)) == 0.1 * 0.5 + 0.9 * 0.05
    plain = await models.change_model(db, admin, view.id, replace(FORM, key=None))
    assert (plain.usd_cached, plain.usd_stored) == (None, None)


async def test_they_are_tried_in_the_order_that_was_said(db: Database, workspace: Workspace):
    admin = workspace.admin
    ids = [(await models.add_model(db, admin, replace(FORM, name=name, model=name))).id for name in "abc"]
    await models.order_models(db, admin, [ids[2], ids[0], ids[1]])
    assert [entry.model for entry in await models.own_entries(db, admin)] == ["c", "a", "b"]
    for wrong in (ids[:2], [*ids, new_id()], [ids[0]] * 3):
        with pytest.raises(Conflict, match="changed meanwhile"):
            await models.order_models(db, admin, wrong)
    assert [one.name for one in await models.delete_model(db, admin, ids[0])] == ["c", "b"]


async def test_a_key_that_was_moved_to_another_row_does_not_open(
    db: Database, owner: Database, workspace: Workspace, neighbour: Workspace
):
    await models.add_model(db, workspace.admin, FORM)
    theirs = await models.add_model(db, neighbour.admin, replace(FORM, key="sk-theirs"))
    async with owner.platform() as session:
        await session.execute(
            text(
                "UPDATE account_models SET sealed_key ="
                " (SELECT sealed_key FROM account_models WHERE account_id = :of), updated_at = now() WHERE id = :to"
            ),
            {"of": workspace.account_id, "to": theirs.id},
        )
    with pytest.raises(Sealed):
        await models.own_entries(db, neighbour.admin)


@pytest.mark.parametrize(
    ("wrong", "about"),
    [
        ({"name": " "}, "name"),
        ({"provider": "other"}, "provider"),
        ({"model": ""}, "model"),
        ({"tier": "quick"}, "tier"),
        ({"url": ""}, "url"),
        ({"url": "ftp://x"}, "url"),
        ({"url": "http://user:pw@127.0.0.1:9"}, "url"),
        ({"usd_in": -1.0}, "usd_in"),
        ({"usd_in": float("nan")}, "usd_in"),
        ({"usd_out": None}, "usd_out"),
        ({"usd_cached": -1.0}, "usd_cached"),
        ({"usd_in": None, "usd_out": None, "usd_stored": 1.0}, "usd_stored"),
        ({"key": "two words"}, "key"),
        ({"key": "k" * 401}, "key"),
    ],
)
async def test_what_does_not_fit_is_said_at_its_field(
    db: Database, workspace: Workspace, wrong: dict[str, object], about: str
):
    with pytest.raises(BadInput) as refused:
        await models.add_model(db, workspace.admin, replace(FORM, **wrong))
    assert [path for path, _ in refused.value.problems] == [about]
    assert KEY not in str(refused.value) + refused.value.help


async def test_a_name_is_taken_once_and_there_are_at_most_so_many(db: Database, workspace: Workspace):
    await models.add_model(db, workspace.admin, FORM)
    with pytest.raises(Conflict, match="already"):
        await models.add_model(db, workspace.admin, FORM)
    for number in range(19):
        await models.add_model(db, workspace.admin, replace(FORM, name=str(number)))
    with pytest.raises(Conflict, match="20 models"):
        await models.add_model(db, workspace.admin, replace(FORM, name="one more"))


@pytest.mark.parametrize("role", ["viewer", "builder", "approver", "operator"])
async def test_only_an_administrator_changes_anything(db: Database, workspace: Workspace, role: str):
    person = workspace.people[role]
    for attempt in (
        models.add_model(db, person, FORM),
        models.change_model(db, person, new_id(), FORM),
        models.delete_model(db, person, new_id()),
        models.switch_model(db, person, new_id()),
        models.order_models(db, person, []),
        models.test_model(db, person, new_id()),
        models.set_budgets(db, person, {}),
        models.set_policy(db, person, {}),
    ):
        with pytest.raises(Forbidden):
            await attempt
    assert await models.list_models(db, person) == ()


async def test_another_accounts_models_are_not_there(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    view = await models.add_model(db, workspace.admin, FORM)
    assert await models.list_models(db, neighbour.admin) == ()
    for attempt in (
        models.change_model(db, neighbour.admin, view.id, FORM),
        models.delete_model(db, neighbour.admin, view.id),
        models.switch_model(db, neighbour.admin, view.id),
        models.test_model(db, neighbour.admin, view.id),
    ):
        with pytest.raises(NotFound):
            await attempt


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11/v1",
        "http://localhost:5432",
        "http://[::1]/v1",
        "http://2130706433/v1",
        "http://10.1.2.3/v1",
        "http://[::ffff:192.168.0.1]/v1",
        "http://0.0.0.0/v1",
        "https://192.168.1.1/v1",
    ],
)
async def test_what_is_inside_the_operators_network_is_reached_when_the_operator_says_so(url: str):
    with pytest.raises(BadInput, match="operator's network") as refused:
        await check_address(url, Allowed(frozenset()))
    setting = refused.value.help.rpartition("=")[2]
    assert await check_address(url, Allowed(frozenset({setting}))) == url


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "168.63.129.16", "100.100.100.200"],
)
async def test_a_clouds_own_services_are_never_reached(host: str):
    for allowed in (frozenset[str](), frozenset({host.strip("[]"), f"{host.strip('[]')}:80"})):
        with pytest.raises(BadInput, match="own cloud"):
            await check_address(f"http://{host}/v1", Allowed(allowed))


async def test_a_key_does_not_go_over_an_open_line():
    assert await check_address("https://8.8.8.8/v1/", Allowed(frozenset())) == "https://8.8.8.8/v1"
    with pytest.raises(BadInput, match="not encrypted"):
        await check_address("http://8.8.8.8/v1", Allowed(frozenset()))


def test_the_servers_of_the_environment_are_the_operators_word():
    allowed = Allowed.from_environment(
        {"WEFT_MODEL_URL": "http://gpu.internal/v1", "WEFT_MODEL_URL_2": "https://[::1]:1/v1"}
    )
    assert allowed.hosts == {"gpu.internal:80", "::1:1"}
    assert allowed.names("http", "GPU.internal", None) and not allowed.names("https", "gpu.internal", None)


def test_a_secrets_name_is_its_entrys():
    entry_id = new_id()
    safe = vault.configured()
    sealed = safe.seal(entry_id, secret_name(entry_id), "x")
    with pytest.raises(Sealed):
        safe.open(entry_id, secret_name(new_id()), sealed)
