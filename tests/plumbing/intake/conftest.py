"""Persons and files for the stories about imports."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.intake import engine, services
from kaibo.plumbing.intake.models import ImportRun
from kaibo.plumbing.wiring import wiring
from tests.plumbing.intake.kinds import make_table

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SHOP = UUID("00000000-0000-7000-8000-000000000001")
OTHER_SHOP = UUID("00000000-0000-7000-8000-000000000002")
HEADER = "主订单编号,选购商品,订单应付金额,商品数量,收件人手机号,支付完成时间"


def person(*abilities: str, shop: UUID | None = SHOP) -> Actor:
    """An actor with these abilities in one shop (None: in all)."""
    return Actor(
        person_id=UUID(int=7), name="小仓", abilities={ability: frozenset({shop}) for ability in abilities},
        shop_ids=frozenset({shop} if shop else ()), sees_all_shops=shop is None,
    )


ALICE = person("intake:run:see", "parcels:file:import", "parcels:file:export")


@pytest.fixture(autouse=True)
def own_wiring(settings, tmp_path):
    settings.KAIBO_WIRING = "tests.plumbing.intake.wiring.WIRING"
    settings.ENV = type("Env", (), {"data": tmp_path})()
    wiring.cache_clear()
    yield
    wiring.cache_clear()


@pytest.fixture
def parcels(db):
    make_table()


def import_bytes(content: bytes, *, name: str = "parcels.csv", actor: Actor = ALICE, shop_id=SHOP, platform: str = "douyin") -> ImportRun:
    """A whole import in this process."""
    run = services.start_import(
        actor=actor, kind_key="parcels", chunks=[content], file_name=name, platform=platform, shop_id=shop_id, now=NOW
    )
    return engine.run_import(run.pk, clock=lambda: NOW)


def csv_bytes(*lines: str, encoding: str = "utf-8-sig") -> bytes:
    return "\n".join([HEADER, *lines, ""]).encode(encoding)


def counts(run: ImportRun) -> tuple[int, int, int, int, int]:
    """read, new, changed, same, quarantined"""
    return run.rows_read, run.rows_new, run.rows_changed, run.rows_same, run.rows_quarantined
