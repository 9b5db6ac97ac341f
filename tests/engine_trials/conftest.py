from tests.engine_store.conftest import (
    application,
    client,
    make_workspace,
    neighbour,
    owner,
    settings,
    workspace,
)

__all__ = ["application", "client", "make_workspace", "neighbour", "owner", "settings", "workspace"]
