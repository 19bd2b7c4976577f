"""Stock of platforms that cannot be told by their interface: a file, somebody's word that it was uploaded, and never more than there is."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from kaibo.kit.errors import Forbidden
from kaibo.master.shops import accounts
from kaibo.master.shops.models import ChannelAccount
from kaibo.master.stock.models import ChannelItem
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.stages.orders import publishing, stock_files
from tests.make.people import make_actor, make_person
from tests.make.platform_shop import PATIENT
from tests.stages.orders.test_publishing import CODE, listed, opened, publish, there

pytestmark = pytest.mark.django_db
__all__ = ["opened"]


def write(shop, tmp_path, actor=KAIBO):
    path = tmp_path / "stock.xlsx"
    stock_files.write_stock_file(actor=actor, channel_id=shop.channel.pk, path=path, now=shop.now())
    return {row[2]: (row[0], row[1], int(row[5])) for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1:]}


def item(shop):
    return ChannelItem.objects.get(channel=shop.channel)


def test_the_file_holds_whole_numbers_and_what_the_other_channels_leave(opened, tmp_path):
    douyin, kuaishou = opened("douyin"), opened("kuaishou")
    listed(douyin, share_bp=6_000)
    listed(kuaishou, share_bp=4_000)
    publish(douyin)
    assert (item(douyin).published_units, there(douyin).stock) == (12, 12)
    assert write(kuaishou, tmp_path) == {CODE: (str(there(kuaishou).product), str(there(kuaishou).sku), 8)}
    listed(kuaishou, quota=20, share_bp=0)
    assert write(kuaishou, tmp_path)[CODE][2] == 8  # twelve are on offer at the other one


def test_what_was_uploaded_leaves_less_for_the_others_and_a_written_file_counts_before(opened, tmp_path):
    kuaishou, douyin = opened("kuaishou"), opened("douyin")
    listed(kuaishou, quota=15, share_bp=0)
    assert write(kuaishou, tmp_path)[CODE][2] == 15
    listed(douyin)
    publish(douyin)
    assert item(douyin).published_units == 5
    with pytest.raises(Forbidden):
        stock_files.note_uploaded(actor=make_actor("zoe", "host", shop=kuaishou.shop), channel_id=kuaishou.channel.pk, now=kuaishou.now())
    assert item(kuaishou).state == "never"
    assert stock_files.note_uploaded(actor=KAIBO, channel_id=kuaishou.channel.pk, now=kuaishou.now()) == 1
    assert (item(kuaishou).state, item(kuaishou).published_units) == ("unread", 15)
    with pytest.raises(stock_files.NothingWritten):
        stock_files.note_uploaded(actor=KAIBO, channel_id=kuaishou.channel.pk, now=kuaishou.now())
    listed(kuaishou, quota=4, share_bp=0)
    assert write(kuaishou, tmp_path)[CODE][2] == 4
    assert item(kuaishou).published_units == 15  # until somebody says that the smaller number stands there
    stock_files.note_uploaded(actor=KAIBO, channel_id=kuaishou.channel.pk, now=kuaishou.now())
    assert item(kuaishou).published_units == 4
    assert list(AuditRow.objects.filter(deed__startswith="orders:stock:").order_by("pk").values_list("deed", flat=True))[-1] == "orders:stock:uploaded"


def test_a_channel_told_by_file_gives_nobody_a_turn_and_is_never_written_to(opened):
    kuaishou, douyin = opened("kuaishou"), opened("douyin")
    listed(kuaishou, quota=5, share_bp=0)
    listed(douyin, share_bp=5_000)
    publish(douyin)
    calls = dict(kuaishou.platform.calls), dict(douyin.platform.calls)
    assert publishing.publish_due(douyin.now() + timedelta(seconds=5)) == 0  # what waits for a file makes nobody pull
    assert ((kuaishou.platform.calls, douyin.platform.calls), there(kuaishou).stock) == (calls, 1_000)


def test_jd_is_told_once_somebody_chose_the_method(opened):
    jd = opened("jd")
    listed(jd)
    publish(jd)
    assert there(jd).stock == 1_000
    given = {**jd.platform.account(jd.server.address_of("jd")), **PATIENT, "stock_method": "jingdong.ware.stock.sku.set"}
    accounts.connect_account(actor=KAIBO, channel_id=jd.channel.pk, given=given, code="simulated-code", now=jd.now())
    assert [one.channel for one in stock_files.channels_by_file(KAIBO)] == []
    ChannelItem.objects.update(next_try_at=None)
    publish(jd, 60)
    assert (there(jd).stock, item(jd).state) == (20, "unread")
    assert ChannelAccount.objects.get(channel=jd.channel).trouble == ""


def test_the_page_gives_the_file_takes_the_word_and_refuses_others(opened, client):
    kuaishou = opened("kuaishou")
    client.force_login(make_person("alice", "owner"))
    file, done = (reverse(f"orders:{name}", args=[kuaishou.channel.pk]) for name in ("stock-file", "stock-uploaded"))
    assert "还没有开始发布的商品" in client.get(reverse("orders:channel-stock")).content.decode()
    assert client.post(file).status_code == 422
    listed(kuaishou, quota=7, share_bp=0)
    answer = client.post(file)
    assert [row[5] for row in CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()[1:]] == [7]
    assert "还没登记上传" in client.get(reverse("orders:channel-stock")).content.decode()
    client.force_login(make_person("zoe"))
    assert {client.post(file).status_code, client.post(done).status_code} <= {403, 404}
    assert item(kuaishou).state == "never"
    client.force_login(make_person("alice", "owner"))
    client.post(done)
    assert (item(kuaishou).state, item(kuaishou).published_units) == ("unread", 7)
