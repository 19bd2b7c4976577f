"""From the press of the button to a parcel that may leave: claim, sandbox payment, address, order, bill (LIV-9, ORD-6)."""

from __future__ import annotations

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse

from kaibo.channels.pay_sandbox.channel import Channel, Settings
from kaibo.kit import sealed_box
from kaibo.kit.clock import in_shanghai, utc_now
from kaibo.master.people.models import Person
from kaibo.plumbing.access.actor import KAIBO
from kaibo.room.claim_life import ADDRESSES
from kaibo.stages.orders import following, reconciling, refunding, relay
from kaibo.stages.orders.checks import differences
from kaibo.stages.orders.models import Order, PaymentRefund
from tests.make.databases import url_of
from tests.make.orders import make_item_on_sale
from tests.make.people import make_actor
from tests.room.house import Viewer
from tests.room.wallets import SECRET, served_with_wallet

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_viewer_pays_in_the_sandbox_and_the_console_shows_a_paid_order_with_a_masked_receiver(client, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("drop schema if exists pay_sandbox cascade")  # the wallet is its own house: nobody empties it between tests
    dsn = url_of(settings.DATABASES["default"]["NAME"])
    wallet = Channel(Settings(SECRET, dsn))
    for module in (refunding, reconciling):
        monkeypatch.setattr(module, "pay_channels", lambda: {"sandbox": wallet})
    item, _ = make_item_on_sale(units=2)
    alice = make_actor("alice", "owner")
    with served_with_wallet(dsn, sealed_box.public_key(sealed_box.private_key(settings.SECRET_KEY, ADDRESSES))) as server:
        viewer = Viewer(server.url, "linxia-1122")
        claim = viewer.claim(str(item)).json()["claim"]
        relay.settle_claims(utc_now())
        assert Order.objects.get().state == "pending_payment"
        assert viewer.http.put(f"/rooms/linxia-1122/claims/{claim}/address", json={"name": "李小梅", "phone": "13812345678", "address": "浙江省杭州市西湖区文三路478号3幢"}).status_code == 200
        link = viewer.post(f"claims/{claim}/payment", {"channel": "sandbox"}).json()["url"]
        assert httpx.post(link, timeout=20).status_code == 303
        following.follow_claims(utc_now())
        order = Order.objects.get()
        assert (order.state, order.paid_fen, order.open_findings, order.receiver_masked) == ("allocated", 59_900, 0, "李** 138****5678")

        client.force_login(Person.objects.get(pk=alice.person_id))
        page = client.get(reverse("orders:order", args=[claim])).content.decode()
        assert "李** 138****5678" in page and "沙盒钱包" in page and "按时付款" in page
        assert "李小梅" not in page and "13812345678" not in page and "478" not in page

        today = in_shanghai(utc_now()).date()
        reconciling.fetch_bill(actor=KAIBO, channel="sandbox", day=today, now=utc_now())
        found = reconciling.compare_day(actor=KAIBO, channel="sandbox", day=today)
        assert (found.bill_fen, found.ours_fen, list(found.differences)) == (59_900, 59_900, [])

        refund = refunding.ask_refund(actor=KAIBO, order_id=order.pk, amount_fen=59_900, refund_id=order.pk, words="不想要了", now=utc_now())[0]
        assert refunding.give_back_due(utc_now()) == 1
        assert PaymentRefund.objects.get(pk=refund.pk).state == "done"
        reconciling.fetch_bill(actor=KAIBO, channel="sandbox", day=today, now=utc_now())
        assert list(reconciling.compare_day(actor=KAIBO, channel="sandbox", day=today).differences) == []
    assert differences() == []
