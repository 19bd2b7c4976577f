"""A buyer inside WeChat's browser (JSAPI): logged in by WeChat, ordered once, the browser handed a signed order; nothing proven there."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from kaibo.channels.pay_wechat import signing
from kaibo.channels.pay_wechat.pages import InsideWeChat
from kaibo.kit.payments import ChannelRefused, PayOrder
from tests.channels.companies import APP_SECRET, NOTICE_KEY, OPENID, WX_APP, is_by, wechat_channel, wechat_pay

NUMBER = "0198c0ffee0198c0ffee0198c0ffee01"
ROOM = "https://live.example.com"


@pytest.fixture
def company():
    with wechat_pay() as running:
        yield running
    assert running.complaints == []


def channel_at(company, **more):
    return wechat_channel(company.url, app_secret=APP_SECRET, account_url=company.url, **more)


def order(minutes=15, title="短款羊毛双面呢外套 <b>× 2</b>"):
    return PayOrder(NUMBER, 11980, title, datetime.now(UTC) + timedelta(minutes=minutes), f"{ROOM}/pay/wechat", f"{ROOM}/r/linxia?paid=1", "", "wechat")


def login(channel, asked):
    """Where the buyer is sent, and where WeChat sends the buyer back to."""
    link = channel.open(asked, now=datetime.now(UTC))
    told = parse_qs(urlsplit(link.url).query)
    assert (link.kind, urlsplit(link.url).netloc, urlsplit(link.url).fragment) == ("page", "open.weixin.qq.com", "wechat_redirect")
    assert (told["appid"], told["scope"], told["response_type"]) == ([WX_APP], ["snsapi_base"], ["code"])
    return told["redirect_uri"][0], told["state"][0]


def come_back(channel, place, state, code):
    assert place.startswith(f"{ROOM}/pay/wechat/jsapi?")
    app = Starlette(routes=list(InsideWeChat(channel).routes()))

    async def browse():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOM) as browser:
            return await browser.get(f"{place}&code={code}&state={state}")

    return asyncio.run(browse())


def handed_over(page):
    return json.loads(html.unescape(re.search(r'data-order="([^"]*)"', page.text)[1]) or "null")


def test_a_buyer_inside_wechat_is_handed_a_signed_order(company):
    channel, asked = channel_at(company), order()
    company.codes.add("code1")
    page = come_back(channel, *login(channel, asked), "code1")
    told = handed_over(page)
    message = f"{WX_APP}\n{told['timeStamp']}\n{told['nonceStr']}\n{told['package']}\n".encode()
    assert is_by("merchant", message, told["paySign"])
    assert (set(told), told["appId"], told["signType"]) == ({"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}, WX_APP, "RSA")
    trade = company.trades[NUMBER]
    assert (told["package"], trade.how, trade.total_fen, trade.notify_url) == (f"prepay_id=wx{trade.transaction}", "jsapi", 11980, asked.notify_url)
    assert ("¥119.80" in page.text, "<b>" in page.text, OPENID in page.text) == (True, False, False)
    assert "script-src 'self'" in page.headers["content-security-policy"]


def test_a_page_loaded_again_asks_wechat_who_the_buyer_is_and_stays_one_payment(company):
    channel = channel_at(company)
    company.codes |= {"code1", "code2"}
    place, state = login(channel, order())
    assert come_back(channel, place, state, "code1").status_code == 200
    again = come_back(channel, place, state, "code1")  # used already
    assert (again.status_code, urlsplit(again.headers["location"]).netloc) == (303, "open.weixin.qq.com")
    assert handed_over(come_back(channel, place, state, "code2")) is not None
    assert list(company.trades) == [NUMBER]


@pytest.mark.parametrize("change", ["amount", "seal", "state", "code", "nothing"])
def test_an_address_that_is_not_the_one_we_gave_orders_nothing(company, change):
    channel = channel_at(company)
    company.codes.add("code1")
    place, state = login(channel, order())
    body, seal = parse_qs(urlsplit(place).query)["order"][0].split(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=="))
    cheaper = base64.urlsafe_b64encode(json.dumps([told[0], 1, *told[2:]]).encode()).decode().rstrip("=")
    start = place.split("?")[0]
    place = {"amount": f"{start}?order={cheaper}.{seal}", "seal": f"{start}?order={body}.{'0' * 64}", "nothing": f"{start}?order="}.get(change, place)
    answer = come_back(channel, place, "0" * 32 if change == "state" else state, "" if change == "code" else "code1")
    assert (answer.status_code, company.trades) == (404, {})


def test_too_late_nothing_is_ordered_and_a_company_that_is_away_is_said(company):
    channel = channel_at(company)
    company.codes |= {"code1", "code2"}
    late = come_back(channel, *login(channel, order(minutes=-1)), "code1")
    assert ("付款时间已过" in late.text, handed_over(late), company.trades) == (True, None, {})
    place, state = login(channel, order())
    company.mood = "broken"
    away = come_back(channel, place, state, "code2")
    assert (away.status_code, "没有回应" in away.text, handed_over(away), company.trades) == (200, True, None, {})


def test_a_login_that_fails_for_another_reason_is_said_in_its_words(company):
    channel = channel_at(company)
    company.lies = {"errcode": 40125, "errmsg": "invalid appsecret", "openid": ""}
    page = come_back(channel, *login(channel, order()), "code1")
    assert ("invalid appsecret（40125）" in page.text, handed_over(page), APP_SECRET in page.text) == (True, None, False)


def test_without_the_accounts_secret_the_buyer_is_told_to_open_the_browser(company):
    with pytest.raises(ChannelRefused, match="在浏览器打开"):
        wechat_channel(company.url).open(order(), now=datetime.now(UTC))
    assert APP_SECRET not in repr(channel_at(company).settings)


def test_an_order_comes_back_as_it_went():
    went = order()
    back = signing.open_order(NOTICE_KEY, signing.seal_order(NOTICE_KEY, went))
    assert (back.out_trade_no, back.amount_fen, back.title, back.notify_url, back.return_url) == (NUMBER, 11980, went.title, went.notify_url, went.return_url)
    assert back.expires_at == went.expires_at.replace(microsecond=0)
    assert signing.open_order(b"x" * 32, signing.seal_order(NOTICE_KEY, went)) is None
