"""What an account may not bring in: commands, addresses inside, values that no database keeps."""

from __future__ import annotations

import ipaddress
import json
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from connectors.samples.addresses import is_public
from engine import connections, tables, workflows
from engine.database import Database
from engine.errors import BadInput, Unavailable
from tests.studio.conftest import Workspace


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "\0", "\ud800", nested(900), "x" * 400_000],
    ids=lambda v: str(v)[:9],
)
async def test_positions_that_cannot_be_kept_are_refused_and_nothing_is_saved(
    db: Database, workspace: Workspace, value: Any
) -> None:
    draft = await workflows.create_workflow(db, workspace.owner, f"odd {uuid4()}")
    with pytest.raises(BadInput, match="positions"):
        await workflows.save_draft(
            db, workspace.owner, draft.workflow_id, "workflow w\n", draft.revision, {"a": value}
        )
    assert (await workflows.get_draft(db, workspace.owner, draft.workflow_id)).revision == draft.revision


async def test_a_row_of_an_account_never_starts_a_command(
    db: Database, workspace: Workspace, tmp_path: Path
) -> None:
    proof = tmp_path / "started"
    command = [sys.executable, "-c", f"open({str(proof)!r}, 'w')"]
    async with db.account(workspace.owner) as session:
        session.add(
            tables.ConnectorRow(
                id=uuid4(),
                account_id=workspace.owner.account_id,
                name="shell",
                transport={"kind": "stdio", "command": command},
                trusted=True,
                enabled=True,
                pins={"run": {"definition": {"name": "run", "inputSchema": {}}, "sha256": ""}},
                health={},
            )
        )
    await connections.refresh(db, workspace.owner)
    found = {view.name: view for view in await connections.list_connectors(db, workspace.owner)}
    assert found["shell"].health == "down" and "address" in found["shell"].message
    row = tables.ConnectorRow(
        name="shell", transport=json.loads(json.dumps({"kind": "stdio", "command": command}))
    )
    with pytest.raises(Unavailable):
        connections.spec_of(row)
    assert not proof.exists()


@pytest.mark.parametrize("address", ["192.0.0.192", "168.63.129.16", "169.254.169.254", "100.100.100.200"])
def test_the_services_of_a_cloud_for_its_machines_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    assert is_public(ipaddress.ip_address("168.63.129.17"))
