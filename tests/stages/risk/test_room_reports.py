"""Viewers' reports of our own rooms come into the register once, with the hour running (RSK-1, facts/law L2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from kaibo.kit.ids import new_id
from kaibo.master.shops.models import Shop
from kaibo.room import backoffice
from kaibo.stages.risk.models import Mention
from kaibo.stages.risk.reports import take_room_reports

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return Shop.objects.create(code="linxia", name="林夏的衣橱", company="杭州某服饰有限公司")


def report(room: str, kind: str, text: str, *, shop_id="") -> None:
    with connection.cursor() as cursor:
        backoffice.open_room(cursor, room=room, title="周日场", operator="o", host="h", company="c", shop=shop_id)
        cursor.execute(
            "insert into room.reports (report, room, visitor, kind, text) values (%s, %s, 'v0123456789', %s, %s)",
            [new_id(), room, kind, text],
        )


def test_a_report_becomes_something_to_answer_within_the_hour_and_only_once(shop, now):
    report("sunday", "price", "划线价没卖过", shop_id=shop.pk)
    assert take_room_reports(now) == 1
    assert take_room_reports(now) == 0
    mention = Mention.objects.get()
    assert (mention.shop_id, mention.platform, mention.state, mention.severity) == (shop.pk, "own", "new", "high")
    assert mention.text == "直播间“周日场”被举报：价格不实。划线价没卖过"
    assert mention.answer_by == mention.posted_at + timedelta(minutes=60)
    assert "0123456789" not in mention.author


def test_a_bench_room_of_no_shop_burdens_nobody(now):
    report("bench-1", "other", "")
    assert take_room_reports(now) == 0
    assert Mention.objects.count() == 0
