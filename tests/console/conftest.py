"""Alice owns the company, Otto runs operations, Hanna hosts in one shop; each with a signed-in browser."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.make.people import PASSWORD, make_person, make_shop


@pytest.fixture
def shop(db):
    return make_shop()


@pytest.fixture
def other_shop(db):
    return make_shop("zhouzhou", "周舟女装")


def client_of(person) -> Client:
    client = Client(HTTP_ACCEPT="text/html")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def alice(shop):
    return make_person("alice", "owner", password=PASSWORD)


@pytest.fixture
def otto(shop):
    return make_person("otto", "operations", shop=shop, password=PASSWORD)


@pytest.fixture
def hanna(shop):
    return make_person("hanna", "host", shop=shop, password=PASSWORD)


@pytest.fixture
def as_alice(alice):
    return client_of(alice)


@pytest.fixture
def as_otto(otto):
    return client_of(otto)


@pytest.fixture
def as_hanna(hanna):
    return client_of(hanna)


@pytest.fixture(autouse=True)
def _no_memory():
    cache.clear()
