"""WeChat Pay and Alipay from claim to reconciliation: a lost notice is booked from the bill, a refund goes back and is found in it (ORD-6)."""

from __future__ import annotations

import pytest
from django.conf import settings

from kaibo.kit.clock import in_shanghai, utc_now
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.orders import following, reconciling, refunding, relay
from kaibo.stages.orders.checks import differences
from kaibo.stages.orders.models import Order, PaymentRefund
from tests.channels.companies import alipay_channel, alipay_pay, wechat_channel, wechat_pay
from tests.make.databases import url_of
from tests.make.orders import make_item_on_sale
from tests.room.house import Viewer, served

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["wechat", "alipay"])
def company_and_channel(request):
    with wechat_pay() if request.param == "wechat" else alipay_pay() as company:
        yield company, wechat_channel(company.url) if request.param == "wechat" else alipay_channel(company.gateway)


def paid(company, viewer, channel, item):
    """A claim whose money the company has taken; its notice was not sent yet."""
    claim = viewer.claim(str(item)).json()["claim"]
    link = viewer.post(f"claims/{claim}/payment", {"channel": channel.key}).json()
    if channel.key == "alipay":
        company.answer("GET", "/gateway.do?" + link["url"].split("?", 1)[1], {}, b"")
    return claim, company.pays(link["payment"].replace("-", ""))


def test_the_books_agree_with_the_company_and_what_was_lost_on_the_way_is_found(company_and_channel, monkeypatch):
    company, channel = company_and_channel
    for module in (refunding, reconciling):
        monkeypatch.setattr(module, "pay_channels", lambda: {channel.key: channel})
    item, _ = make_item_on_sale(units=2)
    today = in_shanghai(utc_now()).date()
    with served(url_of(settings.DATABASES["default"]["NAME"]), channels={channel.key: channel}) as server:
        viewer = Viewer(server.url, "linxia-1122")
        heard, heard_trade = paid(company, viewer, channel, item)
        lost, lost_trade = paid(company, viewer, channel, item)
        assert company.calls(heard_trade).status_code == 200
        relay.settle_claims(utc_now())
        following.follow_claims(utc_now())
        assert [Order.objects.get(pk=claim).paid_fen for claim in (heard, lost)] == [59_900, 0]

        company.write_bill(utc_now())
        reconciling.fetch_bill(actor=KAIBO, channel=channel.key, day=today, now=utc_now())
        found = reconciling.compare_day(actor=KAIBO, channel=channel.key, day=today)
        assert (found.bill_fen, found.ours_fen) == (119_800, 59_900)
        assert [(one.reason, one.number, one.bill_fen) for one in found.differences] == [("not_booked", lost_trade.transaction, 59_900)]
        assert reconciling.book_from_bill(actor=KAIBO, channel=channel.key, number=lost_trade.transaction, now=utc_now()) == "in_time"
        following.follow_claims(utc_now())
        assert Order.objects.get(pk=lost).paid_fen == 59_900
        assert company.calls(lost_trade).status_code == 200  # the call comes after all and changes nothing

        refund = refunding.ask_refund(actor=KAIBO, order_id=heard, amount_fen=59_900, refund_id=Order.objects.get(pk=heard).pk, words="不想要了", now=utc_now())[0]
        assert refunding.give_back_due(utc_now()) == 1
        assert PaymentRefund.objects.get(pk=refund.pk).state == "done"
        company.write_bill(utc_now())
        reconciling.fetch_bill(actor=KAIBO, channel=channel.key, day=today, now=utc_now())
        after = reconciling.compare_day(actor=KAIBO, channel=channel.key, day=today)
        assert (after.bill_fen, after.ours_fen, after.refunds_fen, list(after.differences)) == (119_800, 119_800, 59_900, [])
    assert company.complaints == []
    assert differences() == []
