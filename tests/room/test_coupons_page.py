"""Coupons on the viewer's page, in a real browser: take one, pay less with the best one (LIV-9)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from kaibo.kit.coupons import CouponTerms
from tests.room.house import Viewer
from tests.room.test_coupons import issued, take
from tests.room.test_paying_page import browser, enter, phone, server  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser


def test_a_viewer_takes_a_coupon_and_pays_less(phone, server, sale):  # noqa: F811
    small, best, other = issued(sale, CouponTerms(off_fen=500, threshold_fen=5000)), issued(sale), issued(sale, CouponTerms(off_fen=1, threshold_fen=9000))
    enter(phone, sale)
    for coupon in (small, best, other):
        ticket = phone.locator(f"[data-coupon='{coupon}']")
        expect(ticket).to_have_text("领取")
        ticket.click()
        expect(ticket).to_have_text("已领取")
        expect(ticket).to_be_disabled()
    expect(phone.locator("#coupons-list li").nth(1)).to_contain_text("满 ¥50 减 ¥10")
    phone.click("#buy")
    phone.click("#pay-go")
    expect(phone.locator("#pay-amount")).to_have_text("¥49.90券前 ¥59.90")
    expect(phone.locator("#pay-coupons label").nth(2)).to_contain_text("还差 ¥30.10 才到门槛")
    expect(phone.locator("#pay-coupons input").nth(2)).to_be_disabled()
    phone.locator("#pay-coupons input").nth(3).check()
    expect(phone.locator("#pay-submit")).to_have_text("付款 ¥59.90")
    phone.locator("#pay-coupons input").nth(1).check()
    phone.fill("#to-name", "李小梅")
    phone.fill("#to-phone", "13812345678")
    phone.fill("#to-address", "浙江省杭州市西湖区文三路478号3幢")
    phone.click("#pay-submit")
    expect(phone.locator("#amount")).to_have_text("¥49.90")
    phone.click("#pay")
    phone.wait_for_url("**/r/**")
    expect(phone.locator("#pay-state")).to_have_text("已付款，等待发货")
    assert sale.ask("select amount_fen, discount_fen, received_fen, outcome from room.payments where room = %s", sale.room) == [(4990, 1000, 4990, "in_time")]
    assert phone.complaints == []


def test_the_strip_says_how_many_are_left_as_others_take_them(phone, server, sale):  # noqa: F811
    coupon = issued(sale, units=1)
    enter(phone, sale)
    expect(phone.locator("#coupons-list")).to_contain_text("剩 1 张")
    assert take(Viewer(server.url, sale.room, "小满"), coupon).status_code == 201
    expect(phone.locator("#coupons-list")).to_contain_text("剩 0 张")
    expect(phone.locator(f"[data-coupon='{coupon}']")).to_have_text("领完了")
