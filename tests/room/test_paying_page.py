"""The viewer's page after the claim, in a real browser: pay in the sandbox, give an address, wait in the queue (LIV-9)."""

from __future__ import annotations

import shutil

import psycopg
import pytest
from playwright.sync_api import expect

from kaibo.room import backoffice
from tests.room.house import Viewer, make_sale
from tests.room.wallets import served_with_wallet

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(dsn):
    with served_with_wallet(dsn) as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture
def phone(browser, server):
    context = browser.new_context(base_url=server.url, viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda message: page.complaints.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()


def enter(page, sale):
    page.goto(f"/r/{sale.room}")
    page.wait_for_selector("#card:not([hidden])")


def test_a_viewer_claims_gives_an_address_pays_in_the_sandbox_and_comes_back_paid(phone, sale):
    enter(phone, sale)
    phone.click("#buy")
    expect(phone.locator("#pay-go")).to_have_text("去付款 ¥59.90")
    phone.click("#pay-go")
    expect(phone.locator("#checkout")).to_be_visible()
    phone.fill("#to-name", "李小梅")
    phone.fill("#to-phone", "13812345678")
    phone.fill("#to-address", "浙江省杭州市西湖区文三路478号3幢")
    phone.click("#pay-submit")
    expect(phone.locator("#amount")).to_have_text("¥59.90")
    phone.click("#pay")
    phone.wait_for_url("**/r/**")
    expect(phone.locator("#pay-state")).to_have_text("已付款，等待发货")
    expect(phone.locator("#address-given")).to_have_text("✓ 收货地址已填写")
    assert sale.ask("select outcome, received_fen from room.payments where room = %s", sale.room) == [("in_time", 5990)]
    assert sale.one("select count(*) from room.addresses d join room.answers a on a.attempt = d.claim where a.room = %s and d.sealed is not null", sale.room) == 1
    assert phone.complaints == []


def test_an_address_that_cannot_be_right_is_not_sent(phone, sale):
    enter(phone, sale)
    phone.click("#buy")
    phone.click("#pay-go")
    phone.fill("#to-name", "李小梅")
    phone.fill("#to-phone", "一三八")
    phone.fill("#to-address", "杭州")
    phone.click("#pay-submit")
    assert phone.evaluate("document.querySelector('#pay-form').checkValidity()") is False
    assert sale.ask("select 1 from room.payments where room = %s", sale.room) == []


def test_who_came_too_late_waits_and_is_told_when_the_turn_comes(phone, server, dsn):
    sale = make_sale(dsn, units=1)
    Viewer(server.url, sale.room).claim(sale.item)
    enter(phone, sale)
    phone.click("#wait-go")
    expect(phone.locator("#wait-place")).to_have_text("候补中，你排在最前面")
    sale.do(backoffice.add_units, room=sale.room, item=sale.item, units=1)
    expect(phone.locator("#pay-go")).to_have_text("去付款 ¥59.90", timeout=15_000)
    assert sale.ask("select state from room.waitlist where item = %s", sale.item) == [("offered",)]
    assert phone.complaints == []


def test_a_claim_whose_time_ran_out_says_so(phone, sale):
    enter(phone, sale)
    phone.click("#buy")
    phone.click("#pay-go")
    with psycopg.connect(sale.dsn) as connection:
        connection.execute("update room.answers set pay_by = clock_timestamp() where room = %s", (sale.room,))
    phone.fill("#to-name", "李小梅")
    phone.fill("#to-phone", "13812345678")
    phone.fill("#to-address", "浙江省杭州市西湖区文三路478号3幢")
    phone.click("#pay-submit")
    expect(phone.locator("#pay-problem")).to_have_text("付款时间已过，商品已放回。")
    expect(phone.locator("#pay-state")).to_have_text("超时未付，已取消", timeout=15_000)
