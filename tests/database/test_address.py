"""Where the database is, and making the one an address names."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from kaibo.database.address import address, create_if_missing, shown_address
from kaibo.database.complaints import DatabaseUnreachable
from tests.make.databases import absent_database


@dataclass
class Surroundings:
    data: Path
    database_url: str


@pytest.fixture
def missing():
    with absent_database("made") as url:
        yield url


def test_a_configured_address_is_given_as_it_is_and_starts_nothing(tmp_path):
    url = "postgresql://shop@db.example/kaibo"
    assert address(Surroundings(tmp_path, url)) == url
    assert list(tmp_path.iterdir()) == []


def test_a_missing_database_is_made_once(missing):
    assert create_if_missing(missing) is True
    assert create_if_missing(missing) is False
    with psycopg.connect(missing) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)


def test_four_at_once_make_it_once(missing):
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(create_if_missing, [missing] * 4)).count(True) == 1


def test_an_address_where_nobody_answers_is_refused_without_its_password(tmp_path):
    url = f"postgresql://shop:geheim@/kaibo?host={tmp_path}"
    with pytest.raises(DatabaseUnreachable) as refused:
        create_if_missing(url)
    assert "geheim" not in refused.value.message("zh") + refused.value.message("en")
    assert shown_address(url) == f"{tmp_path}/kaibo"
