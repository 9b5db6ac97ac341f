"""The people and the API of the services' suite, and rows to run on."""

from tests.engine_store.conftest import (  # noqa: F401
    application,
    client,
    make_workspace,
    neighbour,
    owner,
    runner,
    settings,
    workspace,
)
