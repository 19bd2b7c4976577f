from __future__ import annotations

import pytest

from tests.room.house import Viewer, database_name, drop_database, make_sale, own_database, served


@pytest.fixture(scope="session")
def dsn():
    made = own_database(database_name("tests"))
    yield made
    drop_database(made)


@pytest.fixture(scope="module")
def server(dsn):
    with served(dsn) as running:
        yield running


@pytest.fixture
def sale(dsn):
    return make_sale(dsn)


@pytest.fixture
def alice(server, sale):
    return Viewer(server.url, sale.room, "阿柚")


@pytest.fixture
def bob(server, sale):
    return Viewer(server.url, sale.room, "小满")
