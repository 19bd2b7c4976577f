"""WeChat Pay against its double on loopback, its client library as a second opinion, and its bill."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.utils import rsa_verify

from kaibo.channels.pay_wechat import bill, signing
from kaibo.channels.yuan import fen, yuan
from kaibo.kit.payments import BillLine, BillUnreadable, ChannelAway, ChannelRefused, NoticeForged, NoticeUnreadable, PayLink, PayNotice, PayOrder, Refund, Refunded
from tests.channels.companies import (
    KEY_ID,
    MERCHANT,
    NOTICE_KEY,
    SERIAL,
    WX_APP,
    key_of,
    wechat_bill,
    wechat_channel,
    wechat_headers,
    wechat_notice,
    wechat_pay,
)

NUMBER = "0198c0ffee0198c0ffee0198c0ffee01"


@pytest.fixture
def company():
    with wechat_pay() as running:
        yield running
    assert running.complaints == []


def now():
    return datetime.now(UTC)


def order(**more):
    usual = {"title": "短款羊毛双面呢外套 × 2", "expires_at": now() + timedelta(minutes=15), "notify_url": "https://live.example.com/pay/wechat"}
    return PayOrder(NUMBER, 11980, **usual, return_url="https://live.example.com/r/linxia?paid=1", **more)


def refund(number="r1", fen=11980, transaction=f"42{0:026d}"):
    return Refund(number, NUMBER, transaction, fen, 11980, "七天无理由退货")


# ── opening ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_computer_gets_a_code_and_a_phone_gets_a_page_that_comes_back(company):
    channel = wechat_channel(company.url)
    asked = order()
    assert channel.open(asked, now=now()) == PayLink("code", "weixin://wxpay/bizpayurl?pr=0000000")
    told = company.asked[0]
    assert (told["appid"], told["mchid"], told["out_trade_no"], told["amount"]) == (WX_APP, MERCHANT, NUMBER, {"total": 11980, "currency": "CNY"})
    assert datetime.fromisoformat(told["time_expire"]) == asked.expires_at.replace(microsecond=0)
    company.trades.clear()
    page = channel.open(order(payer_device="phone", payer_address="203.0.113.7"), now=now())
    assert page.kind == "page"
    assert page.url.endswith("&redirect_url=https%3A%2F%2Flive.example.com%2Fr%2Flinxia%3Fpaid%3D1")
    assert company.asked[1]["scene_info"] == {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}


def test_opening_twice_is_one_payment(company):
    channel, asked = wechat_channel(company.url), order()
    assert channel.open(asked, now=now()) == channel.open(asked, now=now())
    assert list(company.trades) == [NUMBER]


def test_a_merchant_without_h5_shows_phones_the_code_too(company):
    assert wechat_channel(company.url, has_phone_page=False).open(order(payer_device="phone"), now=now()).kind == "code"


def test_inside_wechat_the_buyer_is_told_to_open_the_browser_and_nobody_is_called(company):
    with pytest.raises(ChannelRefused, match="在浏览器打开"):
        wechat_channel(company.url).open(order(payer_device="wechat"), now=now())
    assert company.trades == {}


def test_a_long_title_is_cut_between_characters(company):
    wechat_channel(company.url).open(order(**{}), now=now())
    company.trades.clear()
    long = PayOrder(NUMBER, 1, "呢`" * 60 + "\n", now() + timedelta(minutes=5), "https://a.example/pay/wechat", "https://a.example/")
    wechat_channel(company.url).open(long, now=now())
    assert company.asked[-1]["description"] == ("呢’" * 20)


# ── money in, money back ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_says_what_was_paid_and_nothing_before(company):
    channel = wechat_channel(company.url)
    assert channel.query(NUMBER, now=now()) is None
    channel.open(order(), now=now())
    assert channel.query(NUMBER, now=now()) is None
    paid_at = now().replace(microsecond=0)
    trade = company.pays(NUMBER, paid_at)
    assert channel.query(NUMBER, now=now()) == PayNotice(NUMBER, trade.transaction, 11980, paid_at)


def test_a_refund_goes_round_once_per_number_and_never_beyond_what_was_paid(company):
    channel = wechat_channel(company.url)
    channel.open(order(), now=now())
    company.pays(NUMBER)
    assert channel.refund(refund("r1", 5990), now=now()) == channel.refund(refund("r1", 5990), now=now()) == Refunded("done", "50r1")
    with pytest.raises(ChannelRefused, match="大于订单金额（INVALID_REQUEST）"):
        channel.refund(refund("r2", 5991), now=now())
    assert channel.refund(refund("r2", 5990), now=now()).state == "done"
    assert company.trades[NUMBER].refunds == {"r1": 5990, "r2": 5990}
    assert channel.query(NUMBER, now=now()).amount_fen == 11980  # 转入退款: it came in all the same


@pytest.mark.parametrize(("status", "state"), [("PROCESSING", "pending"), ("ABNORMAL", "refused"), ("CLOSED", "refused")])
def test_a_refund_that_is_not_done_says_so(company, status, state):
    channel = wechat_channel(company.url)
    channel.open(order(), now=now())
    company.pays(NUMBER)
    company.refund_state = status
    assert channel.refund(refund(), now=now()).state == state


@pytest.mark.parametrize("mood", ["silent", "broken", "unsigned", "forged"])
def test_an_answer_that_is_late_broken_or_not_signed_did_not_happen(company, mood, caplog):
    wechat_channel(company.url).open(order(), now=now())
    company.pays(NUMBER)
    company.mood = mood
    channel = wechat_channel(company.url, seconds=0.3 if mood == "silent" else 5.0)
    for call in (lambda: channel.query(NUMBER, now=now()), lambda: channel.refund(refund(), now=now()), lambda: channel.fetch_bill(date(2026, 11, 22), now=now())):
        company.bill = wechat_bill(PAID)
        with pytest.raises(ChannelAway):
            call()
    assert NUMBER not in caplog.text


@pytest.mark.parametrize("lie", [{"out_trade_no": "0" * 32}, {"mchid": "1900000110"}, {"appid": "wx0"}, {"out_refund_no": "r9"}, {"hash_value": "0" * 40}, {"hash_type": "MD5"}])
def test_a_signed_answer_about_something_else_is_not_believed(company, lie):
    channel = wechat_channel(company.url)
    channel.open(order(), now=now())
    company.pays(NUMBER)
    company.bill = wechat_bill(PAID)
    company.lies = lie
    refused = 0
    for call in (lambda: channel.query(NUMBER, now=now()), lambda: channel.refund(refund(), now=now()), lambda: channel.fetch_bill(date(2026, 11, 22), now=now())):
        try:
            call()
        except ChannelAway:
            refused += 1
    assert refused == 1


def test_a_request_changed_on_its_way_is_noticed_by_the_company(company):
    stranger = wechat_channel(company.url)
    object.__setattr__(stranger.settings, "private_key", key_of("stranger"))
    with pytest.raises(ChannelRefused, match="签名错误"):
        stranger.open(order(), now=now())
    assert company.complaints == ["POST /v3/pay/transactions/native"]
    company.complaints.clear()


# ── notices ───────────────────────────────────────────────────────────────────────────────────────────────────────────

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def read(headers, body, at=AT):
    return wechat_channel().read_notice(headers, body, now=at)


@pytest.mark.parametrize("wrong", [{"mchid": "1900000110"}, {"appid": "wx0000000000000000"}])
def test_a_genuine_notice_for_another_merchant_or_app_is_refused(wrong):
    with pytest.raises(NoticeForged):
        read(*wechat_notice(NUMBER, "T", 11980, AT, at=AT, **wrong))


@pytest.mark.parametrize("amount", [{"total": "11980", "currency": "CNY"}, {"total": 119.8, "currency": "CNY"}, {"total": 11980, "currency": "USD"}, {}, None])
def test_an_amount_that_is_not_whole_fen_is_not_read(amount):
    with pytest.raises(NoticeUnreadable):
        read(*wechat_notice(NUMBER, "T", 11980, AT, at=AT, amount=amount))


def test_a_notice_of_a_refund_or_of_no_payment_says_nothing_of_money():
    assert read(*wechat_notice(NUMBER, "T", 11980, AT, at=AT, event="REFUND.SUCCESS")) is None
    assert read(*wechat_notice(NUMBER, "T", 11980, AT, at=AT, trade_state="CLOSED")) is None


def test_a_notice_signed_by_a_stranger_sealed_with_another_key_or_with_another_serial_is_refused():
    with pytest.raises(NoticeForged):
        read(*wechat_notice(NUMBER, "T", 11980, AT, at=AT, by="stranger"))
    with pytest.raises(NoticeUnreadable):
        read(*wechat_notice(NUMBER, "T", 11980, AT, at=AT, key=bytes(32)))
    headers, body = wechat_notice(NUMBER, "T", 11980, AT, at=AT)
    for name, value in {"wechatpay-serial": "7", "wechatpay-nonce": "n", "wechatpay-timestamp": "1795348801", "wechatpay-signature": "WECHATPAY/SIGNTEST/x"}.items():
        with pytest.raises(NoticeForged):
            read(headers | {name: value}, body)


def test_a_signature_written_in_another_way_is_not_the_signature():
    """The last character of base64 holds bits nobody reads: changing them must not give a second valid signature."""
    headers, body = wechat_notice(NUMBER, "T", 11980, AT, at=AT)
    said = headers["wechatpay-signature"]
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = said[:-3] + digits[digits.index(said[-3]) ^ 1] + "=="
    with pytest.raises(NoticeForged):
        read(headers | {"wechatpay-signature": twin}, body)
    assert read(headers, body).out_trade_no == NUMBER


# ── the second opinion ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def library():
    pem = key_of("merchant").private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    public = key_of("wechat").public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    return WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE, mchid=MERCHANT, private_key=pem, cert_serial_no=SERIAL, appid=WX_APP, apiv3_key=NOTICE_KEY.decode(),
        public_key=public, public_key_id=KEY_ID,
    )  # fmt: skip


def test_the_client_library_finds_our_request_signature_right_and_makes_the_same(library):
    body = json.dumps({"description": "短款羊毛"}, ensure_ascii=False)
    ours = signing.authorization(
        key_of("merchant"), merchant=MERCHANT, serial=SERIAL, method="POST", target="/v3/pay/transactions/native", body=body.encode(),
        moment_seconds=1795348800, nonce="5K8264ILTKCH16CQ2502SI8ZNMTM67VS",
    )  # fmt: skip
    theirs = library.sign(["POST", "/v3/pay/transactions/native", "1795348800", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", body])
    assert f'signature="{theirs}"' in ours


def test_the_client_library_reads_the_notices_we_read(library):
    headers, notice = wechat_notice(NUMBER, "4200", 11980, AT, at=AT)
    theirs = library.callback({name.title(): value for name, value in headers.items()}, notice)["resource"]
    ours = read(headers, notice)
    assert (theirs["out_trade_no"], theirs["amount"]["total"], theirs["transaction_id"]) == (ours.out_trade_no, ours.amount_fen, ours.transaction)
    answer = b'{"code_url":"weixin://x"}'
    signed = wechat_headers(answer, AT)
    assert rsa_verify(signed["wechatpay-timestamp"], signed["wechatpay-nonce"], answer.decode(), signed["wechatpay-signature"], key_of("wechat").public_key())
    signing.check({KEY_ID: key_of("wechat").public_key()}, signed, answer, now=AT)


# ── the bill ──────────────────────────────────────────────────────────────────────────────────────────────────────────

PAID = {"交易时间": "2026-11-22 20:00:03", "微信订单号": "4200", "商户订单号": NUMBER, "订单金额": "119.80", "应结订单金额": "114.80", "代金券金额": "5.00"}
BACK = {"交易时间": "2026-11-22 21:00:00", "微信订单号": "4200", "商户订单号": NUMBER, "交易状态": "REFUND", "微信退款单号": "5000", "商户退款单号": "r1", "退款金额": "57.40",
        "申请退款金额": "59.90", "退款状态": "SUCCESS", "退款类型": "ORIGINAL"}  # fmt: skip
LINES = [
    BillLine("pay", NUMBER, "4200", 11980, datetime(2026, 11, 22, 12, 0, 3, tzinfo=UTC)),
    BillLine("refund", NUMBER, "4200", 5990, datetime(2026, 11, 22, 13, tzinfo=UTC), "r1"),
]


def test_a_bill_tells_payments_and_refunds_as_the_buyer_saw_them():
    assert bill.read(wechat_bill(PAID, BACK)) == LINES
    assert bill.read(wechat_bill(PAID | {"商品名称": "外套, 短款, `羊毛`"}, BACK | {"退款状态": "PROCESSING"})) == LINES
    assert bill.read(wechat_bill(PAID, BACK | {"退款状态": "FAIL"})) == LINES[:1]
    assert bill.read(bill.EMPTY) == []


def test_a_bill_that_is_cut_short_or_does_not_add_up_is_not_taken():
    whole = wechat_bill(PAID, BACK)
    rows = whole.split(b"\r\n")
    for wrong in (
        b"\r\n".join(rows[:-3]), b"\r\n".join(rows[:2] + rows[3:]), b"\r\n".join(rows[:3]), whole.replace(b"`119.80", b"`119.8x"),
        wechat_bill(PAID | {"交易状态": "NEW"}), wechat_bill(PAID | {"交易时间": "昨天"}), wechat_bill(PAID, summary="`1,`0.00,`0.00,`0.00,`0.00000,`119.81,`0.00"),
    ):  # fmt: skip
        with pytest.raises(BillUnreadable):
            bill.read(wrong)


def test_the_bill_is_fetched_with_its_hash_and_a_day_without_trades_has_none(company):
    channel = wechat_channel(company.url)
    company.bill = wechat_bill(PAID, BACK)
    assert channel.read_bill(channel.fetch_bill(date(2026, 11, 22), now=now())) == LINES
    company.bill = None
    day = (now() + timedelta(hours=8)).date()
    assert channel.read_bill(channel.fetch_bill(day - timedelta(days=2), now=now())) == []
    with pytest.raises(ChannelRefused, match="账单文件不存在"):
        channel.fetch_bill(day, now=now())


@given(st.integers(0, 10**12))
def test_yuan_and_fen_say_the_same(amount_fen):
    assert fen(yuan(amount_fen)) == amount_fen
    assert fen("-" + yuan(amount_fen)) == -amount_fen


@pytest.mark.parametrize("text", ["", "1.234", "1e3", "１.00", "1,000.00", "--1", "0x1", "1.", ".5", "nan"])
def test_what_is_no_amount_is_not_read_as_one(text):
    with pytest.raises(ValueError):
        fen(text)
