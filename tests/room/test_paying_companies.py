"""A running room and a payment company with keys of its own: claim, pay, notice, paid – and everything that must not pay (LIV-9)."""

from __future__ import annotations

import contextlib
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect, sync_playwright

from kaibo.kit import sealed_box
from kaibo.kit.payments import Refund
from kaibo.room.paying_calls import address_of, device_of
from tests.channels.companies import alipay_channel, alipay_pay, wechat_channel, wechat_pay
from tests.room.house import Viewer, served
from tests.room.wallets import PRIVATE

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
INSIDE_WECHAT = PHONE + " MicroMessenger/8.0.50"


@pytest.fixture(scope="module")
def companies():
    with wechat_pay() as wechat, alipay_pay() as alipay:
        yield {"wechat": wechat, "alipay": alipay}


@pytest.fixture(scope="module")
def channels(companies):
    return {"wechat": wechat_channel(companies["wechat"].url), "alipay": alipay_channel(companies["alipay"].gateway)}


@pytest.fixture(scope="module")
def server(dsn, channels):
    with served(dsn, channels=channels, seal_for=sealed_box.public_key(PRIVATE)) as running:
        yield running


@pytest.fixture(params=["wechat", "alipay"])
def way(request):
    return request.param


@pytest.fixture
def company(companies, way):
    one = companies[way]
    yield one
    one.mood = "well"
    assert one.complaints == []


def claimed(viewer, sale, quantity=2):
    answer = viewer.claim(sale.item, quantity)
    assert answer.status_code == 201, answer.text
    return answer.json()["claim"]


def opened(viewer, claim, way, company, **headers):
    """The viewer opens the payment; with Alipay the browser then loads the page, which makes the trade."""
    answer = viewer.http.post(f"/rooms/{viewer.room}/claims/{claim}/payment", json={"channel": way}, headers=headers)
    assert answer.status_code == 200, answer.text
    link = answer.json()
    if way == "alipay":
        assert company.answer("GET", "/gateway.do?" + link["url"].split("?", 1)[1], {}, b"")[0] == 200
    return link, company.trades[link["payment"].replace("-", "")]


def state(viewer, claim):
    return viewer.http.get(f"/rooms/{viewer.room}/claims/{claim}").json()["state"]


def booked(sale, claim):
    return sale.ask("select outcome, received_fen, transaction from room.payments where claim = %s", claim)


def test_a_viewer_pays_and_the_companys_call_makes_the_claim_paid_once(way, company, server, alice, sale):
    claim = claimed(alice, sale)
    link, trade = opened(alice, claim, way, company)
    assert (link["amount_fen"], trade.total_fen, trade.title) == (11980, 11980, "短款羊毛双面呢外套 × 2")
    assert trade.notify_url == f"{server.url}/pay/{way}"
    company.pays(trade.out_trade_no)
    assert state(alice, claim) == "unpaid"
    answers = [company.calls(trade) for _ in range(3)]
    assert [(one.status_code, one.text) for one in answers] == [(200, "success" if way == "alipay" else '{"code": "SUCCESS", "message": "成功"}')] * 3
    assert state(alice, claim) == "paid"
    assert booked(sale, claim) == [("in_time", 11980, trade.transaction)]
    assert sale.ask("select kind from room.turns where claim = %s", claim) == [("paid",)]


def test_a_code_comes_with_its_picture_and_a_page_without(companies, server, alice, sale):
    claim = claimed(alice, sale)
    code, _ = opened(alice, claim, "wechat", companies["wechat"])
    assert (code["kind"], code["picture"][:24]) == ("code", "data:image/svg+xml;chars")
    page, _ = opened(alice, claim, "alipay", companies["alipay"])
    assert (page["kind"], page["picture"]) == ("page", "")


def test_a_phone_gets_a_page_and_wechats_own_browser_a_word_instead(way, company, server, alice, sale):
    claim = claimed(alice, sale)
    refused = alice.http.post(f"/rooms/{alice.room}/claims/{claim}/payment", json={"channel": way}, headers={"user-agent": INSIDE_WECHAT})
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.channel_refused")
    assert "在浏览器打开" in refused.json()["message"]
    link, trade = opened(alice, claim, way, company, **{"user-agent": PHONE})
    assert (link["kind"], trade.how in {"h5", "alipay.trade.wap.pay"}) == ("page", True)


@pytest.mark.parametrize(
    "lie",
    [
        {"by": "stranger"},
        {"at": timedelta(minutes=-5, seconds=-5)},
        {"at": timedelta(minutes=15)},
        {"app": "wx0000000000000000"},
        {"merchant": "1900000110"},
    ],
    ids=["a stranger's key", "older than five minutes", "from the future", "another app", "another merchant"],
)
def test_a_call_that_is_not_the_companys_word_to_us_changes_nothing(way, company, server, alice, sale, lie):
    claim = claimed(alice, sale)
    _, trade = opened(alice, claim, way, company)
    company.pays(trade.out_trade_no)
    names = {"wechat": {"app": "appid", "merchant": "mchid"}, "alipay": {"app": "app_id", "merchant": "seller_id"}}[way]
    told = {names.get(name, name): datetime.now(UTC) + value if name == "at" else value for name, value in lie.items()}
    answer = company.calls(trade, **told)
    assert (answer.status_code, answer.json()["code"]) == (403, "payments.notice_forged")
    assert state(alice, claim) == "unpaid"
    assert booked(sale, claim) == [(None, None, None)]
    assert company.calls(trade).status_code == 200
    assert state(alice, claim) == "paid"


def test_another_amount_pays_nothing_and_is_owed_back(way, company, server, alice, sale):
    claim = claimed(alice, sale)
    _, trade = opened(alice, claim, way, company)
    company.pays(trade.out_trade_no)
    assert company.calls(trade, total_fen=11979).status_code == 200
    assert state(alice, claim) == "refunding"
    assert sale.ask("select outcome, refund_reason, received_fen from room.payments where claim = %s", claim) == [("refund_due", "amount_wrong", 11979)]


def test_the_call_of_one_company_at_the_door_of_the_other_is_refused(companies, server, alice, sale):
    claim = claimed(alice, sale)
    for way, other in (("wechat", "alipay"), ("alipay", "wechat")):
        _, trade = opened(alice, claim, way, companies[way])
        companies[way].pays(trade.out_trade_no)
        trade.notify_url = f"{server.url}/pay/{other}"
        assert companies[way].calls(trade).status_code in {403, 422}
    assert booked(sale, claim) == [(None, None, None)] * 2


def test_paying_at_both_companies_is_owed_back_once(companies, server, alice, sale):
    claim = claimed(alice, sale)
    trades = {way: opened(alice, claim, way, companies[way])[1] for way in ("wechat", "alipay")}
    for way, trade in trades.items():
        companies[way].pays(trade.out_trade_no)
        assert companies[way].calls(trade).status_code == 200
    assert state(alice, claim) == "paid"
    assert sorted(sale.ask("select channel, outcome, coalesce(refund_reason, '') from room.payments where claim = %s", claim)) == [
        ("alipay", "refund_due", "paid_twice"), ("wechat", "in_time", ""),
    ]  # fmt: skip


def test_what_was_paid_goes_back_through_the_company_once(way, company, channels, server, alice, sale):
    claim = claimed(alice, sale)
    _, trade = opened(alice, claim, way, company)
    company.pays(trade.out_trade_no)
    company.calls(trade)
    ((_, received_fen, transaction),) = booked(sale, claim)
    asked = Refund("0198c0ffee0198c0ffee0198c0ffeeff", trade.out_trade_no, transaction, received_fen, received_fen, "退货")
    assert [channels[way].refund(asked, now=datetime.now(UTC)).state for _ in range(2)] == ["done", "done"]
    assert trade.refunds == {asked.out_refund_no: 11980}


def test_a_company_that_does_not_answer_costs_nothing_but_a_word(companies, dsn, alice, sale):
    """Its own room, which waits only a moment for WeChat Pay; the payment opens as the same one when the company is back."""
    company = companies["wechat"]
    claim = claimed(alice, sale)
    with served(dsn, channels={"wechat": wechat_channel(company.url, seconds=0.3)}) as hasty:
        viewer = Viewer(hasty.url, sale.room)
        viewer.http.headers["Authorization"] = alice.http.headers["Authorization"]
        company.mood = "silent"
        with contextlib.ExitStack() as back:
            back.callback(setattr, company, "mood", "well")
            away = viewer.post(f"claims/{claim}/payment", {"channel": "wechat"})
        assert (away.status_code, away.json()["code"]) == (503, "payments.channel_away")
        assert state(viewer, claim) == "unpaid"
    link, _ = opened(alice, claim, "wechat", company)
    assert sale.ask("select payment::text from room.payments where claim = %s", claim) == [(link["payment"],)]


@pytest.mark.browser
def test_a_buyer_at_a_computer_scans_the_picture_and_the_page_follows_by_itself(companies, server, sale):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    company, complaints = companies["wechat"], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
        page.goto(f"/r/{sale.room}")
        page.click("#buy")
        page.click("#pay-go")
        for field, text in {"#to-name": "李小梅", "#to-phone": "13812345678", "#to-address": "浙江省杭州市西湖区文三路478号3幢"}.items():
            page.fill(field, text)
        page.click("#pay-submit")
        expect(page.locator("#pay-code-picture")).to_be_visible()
        assert page.evaluate("document.querySelector('#pay-code-picture').naturalWidth") > 0
        expect(page.locator("#pay-submit")).to_be_hidden()
        page.check("input[value=alipay]")
        expect(page.locator("#pay-code")).to_be_hidden()
        page.check("input[value=wechat]")
        page.click("#pay-submit")
        expect(page.locator("#pay-code")).to_be_visible()
        (payment,) = sale.ask("select replace(payment::text, '-', '') from room.payments where room = %s", sale.room)[0]
        assert company.calls(company.pays(payment)).status_code == 200
        expect(page.locator("#pay-state")).to_have_text("已付款，等待发货", timeout=20_000)
        expect(page.locator("#pay-code")).to_be_hidden()
        browser.close()
    assert complaints == []


# ── who asks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("agent", "device"),
    [(PHONE, "phone"), (INSIDE_WECHAT, "wechat"), ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140", "computer"), ("", "computer"),
     ("Mozilla/5.0 (Linux; Android 15; SM-X910) AppleWebKit/537.36 Safari/537.36", "phone")],
)  # fmt: skip
def test_a_browser_says_what_it_is(agent, device):
    assert device_of(agent.encode()) == device


@pytest.mark.parametrize(
    ("client", "told", "address"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # nobody we know says so
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.1, 10.0.0.3", "198.51.100.1"),  # what stands left of it was written by the viewer
        ("10.0.0.2", "", "10.0.0.2"),
    ],
)
def test_only_our_own_proxies_are_believed_about_whom_they_ask_for(client, told, address):
    scope = {"client": (client, 1), "headers": [(b"x-forwarded-for", told.encode())]}
    assert address_of(scope, frozenset({"10.0.0.2", "10.0.0.3"})) == address
