"""Alipay against its double on loopback, signatures its official SDK made, and its bill."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa as keys

from kaibo.channels import rsa
from kaibo.channels.pay_alipay import bill, signing
from kaibo.kit.payments import BillLine, BillUnreadable, ChannelAway, ChannelRefused, NoticeForged, NoticeUnreadable, PayNotice, PayOrder, Refund, Refunded
from tests.channels.companies import alipay_bill, alipay_channel, alipay_notice, alipay_pay, alipay_zip, key_of

NUMBER = "0198c0ffee0198c0ffee0198c0ffee01"


@pytest.fixture
def company():
    with alipay_pay() as running:
        yield running
    assert running.complaints == []


def now():
    return datetime.now(UTC)


def order(**more):
    usual = {"title": "短款羊毛双面呢外套 × 2", "expires_at": now() + timedelta(minutes=15), "notify_url": "https://live.example.com/pay/alipay"} | more
    return PayOrder(NUMBER, 11980, return_url="https://live.example.com/r/linxia?paid=1", **usual)


def opened(company, channel, **more):
    """The buyer's browser opens the page of a payment."""
    link = channel.open(order(**more), now=now())
    assert link.kind == "page"
    assert httpx.get(link.url).status_code == 200
    return company.asked[-1]


def refund(company, number="r1", fen=11980):
    return Refund(number, NUMBER, company.trades[NUMBER].transaction, fen, 11980, "七天无理由退货")


# ── opening ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("device", "method", "product"), [("computer", "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"), ("phone", "alipay.trade.wap.pay", "QUICK_WAP_WAY")])
def test_a_buyer_gets_a_signed_page_for_the_device(company, device, method, product):
    asked = order(payer_device=device)
    told = opened(company, alipay_channel(company.gateway), payer_device=device, expires_at=asked.expires_at)
    assert (told["method"], told["product_code"], told["total_amount"], told["out_trade_no"]) == (method, product, "119.80", NUMBER)
    assert told["time_expire"] == (asked.expires_at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")
    assert (told["notify_url"], told["return_url"]) == (asked.notify_url, asked.return_url)


def test_a_page_with_another_amount_is_noticed_by_the_company(company):
    link = alipay_channel(company.gateway).open(order(), now=now())
    httpx.get(link.url.replace("119.80", "1.80"))
    assert company.complaints == ["alipay.trade.page.pay"]
    assert company.trades == {}
    company.complaints.clear()


def test_inside_wechat_the_buyer_is_told_to_open_the_browser():
    with pytest.raises(ChannelRefused, match="在浏览器打开"):
        alipay_channel().open(order(payer_device="wechat"), now=now())


def test_a_title_is_written_so_that_alipay_takes_it_and_the_bill_can_be_read(company):
    assert opened(company, alipay_channel(company.gateway), title='A/B=C&D,"E"\n' + "呢" * 100)["subject"].startswith("A／B＝C＆D，”E” 呢呢")
    assert len(company.asked[-1]["subject"].encode()) <= 240


# ── money in, money back ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_says_what_was_paid_and_nothing_before(company):
    channel = alipay_channel(company.gateway)
    assert channel.query(NUMBER, now=now()) is None
    opened(company, channel)
    assert channel.query(NUMBER, now=now()) is None
    paid_at = now().replace(microsecond=0)
    trade = company.pays(NUMBER, paid_at)
    assert channel.query(NUMBER, now=now()) == PayNotice(NUMBER, trade.transaction, 11980, paid_at)


def test_a_refund_goes_round_once_per_number_and_never_beyond_what_was_paid(company):
    channel = alipay_channel(company.gateway)
    opened(company, channel)
    company.pays(NUMBER)
    first, again = (channel.refund(refund(company, "r1", 5990), now=now()) for _ in range(2))
    assert first == again == Refunded("done", "r1")
    with pytest.raises(ChannelRefused, match="退款金额超限（ACQ.REFUND_AMT_NOT_EQUAL_TOTAL）"):
        channel.refund(refund(company, "r2", 5991), now=now())
    assert channel.refund(refund(company, "r2", 5990), now=now()).state == "done"
    assert company.trades[NUMBER].refunds == {"r1": 5990, "r2": 5990}


def test_a_refund_alipay_took_but_did_not_make_yet_is_asked_again_later(company):
    channel = alipay_channel(company.gateway)
    opened(company, channel)
    company.pays(NUMBER)
    company.refund_state = "PROCESSING"
    assert channel.refund(refund(company), now=now()).state == "pending"
    company.refund_state = "SUCCESS"
    assert channel.refund(refund(company), now=now()) == Refunded("done", "r1")


@pytest.mark.parametrize("mood", ["silent", "broken", "unsigned", "forged"])
def test_an_answer_that_is_late_broken_or_not_signed_did_not_happen(company, mood, caplog):
    opened(company, alipay_channel(company.gateway))
    company.pays(NUMBER)
    company.mood = mood
    company.bill = alipay_zip(alipay_bill(PAID))
    channel = alipay_channel(company.gateway, seconds=0.3 if mood == "silent" else 5.0)
    for call in (lambda: channel.query(NUMBER, now=now()), lambda: channel.refund(refund(company), now=now()), lambda: channel.fetch_bill(date(2026, 11, 22), now=now())):
        with pytest.raises(ChannelAway):
            call()
    assert NUMBER not in caplog.text


@pytest.mark.parametrize("lie", [{"out_trade_no": "0" * 32}, {"trade_no": "2026"}, {"bill_download_url": "ftp://files.example.com/bill.zip"}])
def test_a_signed_answer_about_something_else_is_not_believed(company, lie):
    channel = alipay_channel(company.gateway)
    opened(company, channel)
    company.pays(NUMBER)
    company.bill = alipay_zip(alipay_bill(PAID))
    asked = refund(company)
    company.lies = lie
    refused = 0
    for call in (lambda: channel.query(NUMBER, now=now()), lambda: channel.refund(asked, now=now()), lambda: channel.fetch_bill(date(2026, 11, 22), now=now())):
        try:
            call()
        except ChannelAway:
            refused += 1
    assert refused == 1


# ── notices ───────────────────────────────────────────────────────────────────────────────────────────────────────────

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def read(body, at=AT):
    return alipay_channel().read_notice({}, body, now=at)


def notice(**more):
    return alipay_notice(NUMBER, "2026", 11980, AT, **{"at": AT} | more)[1]


@pytest.mark.parametrize("wrong", [{"app_id": "2021000000000002"}, {"seller_id": "2088000000000002"}])
def test_a_genuine_notice_for_another_app_or_seller_is_refused(wrong):
    with pytest.raises(NoticeForged):
        read(notice(**wrong))


def test_a_notice_signed_by_a_stranger_or_in_another_way_is_refused():
    for body in (notice(by="stranger"), notice().replace(b"sign_type=RSA2", b"sign_type=RSA"), notice().replace(b"119.80", b"119.81"), notice() + b"&more=1"):
        with pytest.raises(NoticeForged):
            read(body)


def test_a_field_that_comes_twice_has_no_meaning():
    with pytest.raises(NoticeUnreadable):
        read(notice() + b"&total_amount=119.80")


@pytest.mark.parametrize("said", [{"trade_status": "WAIT_BUYER_PAY"}, {"trade_status": "TRADE_CLOSED"}, {"refund_fee": "59.90", "gmt_refund": "2026-11-22 20:00:00.123"}])
def test_a_notice_of_a_refund_or_of_no_payment_says_nothing_of_money(said):
    assert read(notice(**said)) is None


@pytest.mark.parametrize("said", [{"total_amount": "119.801"}, {"total_amount": "1e4"}, {"gmt_payment": "2026-11-22"}, {"gmt_payment": ""}])
def test_an_amount_or_a_moment_that_cannot_be_is_not_read(said):
    with pytest.raises(NoticeUnreadable):
        read(notice(**said))


# ── the second opinion: alipay-sdk-python 3.7.1411 signed this with a key made for these tests ─────────────────────────

P = 0xC2F9396B0F4B62131CDD7E61D7D4F89E8D0CD0E94EA5C3675D8D7DA7A610F2CA721A17FAF771E00C4B141F4553D8D54C9DC9CDA58A4D423D44B2BE8493613AC8F1B114645608825072D07001EC2C7FE81760A07C7499E66F1CD057E04E684FAA97E31B8DC256F252C12F24D04E5C5672C268FA22A7E0A14E5CD606222C1B082D
Q = 0xBAB713F1D71F951B9E09EF38D1B840A879502B3E43113143730106662C6D32870E4FBD8E9C4D8521A2791A5CFFCCE5D8DA9C49B12CC0FEE8DF72D7467D1CCE26EA495409CC7EBDE4DF6516EFC4FCDA58D4AFD1EE538AF16A84C0B078231456CC79B90AE61593052ED8FFEDC552AF889FA17027CFB54FB9156CE031125D6BC725
PARAMETERS = {
    "app_id": "2021000000000001", "method": "alipay.trade.page.pay", "format": "JSON", "charset": "utf-8", "timestamp": "2026-11-22 20:00:00", "version": "1.0",
    "notify_url": "https://live.example.com/pay/alipay", "return_url": "https://live.example.com/r/linxia?paid=1",
    "biz_content": '{"out_trade_no":"0198c0ffee0198c0ffee0198c0ffee01","total_amount":"119.80","subject":"短款羊毛双面呢外套 × 2"}',
}  # fmt: skip
SIGNED_BY_THE_SDK = (
    "VZbL6AJTqCOkZpTWDlvzjUMHpuEBRbqI7YOPBB5803kkRLUz5QkMeqJQFHpUHk966biTR2EAFXTsswwDPlLJN75BiWWHjpyHYxkFo+GELr5QnNl9PeiIlhb/8HYFWlhwEnxCxYNr8P6wq4VhcEGXvLq/nQ0z"
    "2TZz7FwVNoynQ/LoF9/PiPkk5aaGgHUnImleb4tiksHrsU5yAHMWAAe7CudxKrVEDUdT2y3xo62sWTC8STQHZsqfD5ff1J9hTB7IbtZjrKiE2vt+mZxI8117waIZT+WgDLvV0Pmv70oYlwRYfWUV5OyhQL6j"
    "JUOac0yx2olyKfKxqEGWT/LgaKlgpA=="
)


def test_a_request_is_signed_as_the_official_sdk_signs_it():
    d = keys.rsa_recover_private_exponent(65537, P, Q)
    numbers = keys.RSAPrivateNumbers(P, Q, d, d % (P - 1), d % (Q - 1), pow(Q, -1, P), keys.RSAPublicNumbers(65537, P * Q))
    assert signing.signed(numbers.private_key(), PARAMETERS)["sign"] == SIGNED_BY_THE_SDK


def test_keys_are_read_as_alipays_tool_and_openssl_write_them():
    key = key_of("merchant")
    for form in (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL):
        der = key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())
        pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
        assert [rsa.private_key(text).private_numbers() for text in (pem, base64.b64encode(der).decode())] == [key.private_numbers()] * 2
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert rsa.public_key(base64.encodebytes(public).decode()).public_numbers() == key.public_key().public_numbers()
    small = keys.generate_private_key(65537, 1024).private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for text in (small.decode(), "rubbish", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"):
        with pytest.raises(rsa.KeyUnreadable):
            rsa.private_key(text)


# ── the bill ──────────────────────────────────────────────────────────────────────────────────────────────────────────

PAID = {"支付宝交易号": "2026112222001", "商户订单号": NUMBER, "业务类型": "交易", "创建时间": "2026-11-22 19:59:50", "完成时间": "2026-11-22 20:00:03", "订单金额（元）": "119.80",
        "商家实收（元）": "114.80", "对方账户": "buy***@example.com", "服务费（元）": "-0.72"}  # fmt: skip
BACK = PAID | {"业务类型": "退款", "完成时间": "2026-11-22 21:00:00", "订单金额（元）": "-59.90", "商家实收（元）": "-59.90", "退款批次号/请求号": "r1", "服务费（元）": "0.00"}
LINES = [
    BillLine("pay", NUMBER, "2026112222001", 11980, datetime(2026, 11, 22, 12, 0, 3, tzinfo=UTC)),
    BillLine("refund", NUMBER, "2026112222001", 5990, datetime(2026, 11, 22, 13, tzinfo=UTC), "r1"),
]


def test_a_bill_is_read_alone_and_out_of_its_zip():
    content = alipay_bill(PAID, BACK)
    assert bill.read(content) == bill.read(alipay_zip(content)) == LINES
    assert bill.read(content.decode("gbk").encode("utf-8-sig")) == LINES  # opened and saved by somebody
    assert bill.read(alipay_bill(PAID | {"商品名称": "外套, 短款, 羊毛"}, BACK)) == LINES
    assert bill.read(bill.EMPTY) == []


def test_a_bill_that_is_cut_short_or_does_not_add_up_is_not_taken():
    whole = alipay_bill(PAID, BACK)
    rows = whole.split(b"\r\n")
    for wrong in (
        b"\r\n".join(rows[:7]), b"\r\n".join(rows[:6] + rows[7:]), alipay_bill(PAID, BACK, counts=(2, 1)), alipay_bill(PAID | {"业务类型": "其他"}),
        alipay_bill(PAID | {"订单金额（元）": "-119.80"}), alipay_bill(BACK | {"订单金额（元）": "59.90"}), alipay_bill(PAID | {"完成时间": ""}), alipay_zip(b""),
        alipay_zip(whole)[:-30],
    ):  # fmt: skip
        with pytest.raises(BillUnreadable):
            bill.read(wrong)


def test_the_bill_is_fetched_and_a_day_without_trades_has_none(company):
    channel = alipay_channel(company.gateway)
    company.bill = alipay_zip(alipay_bill(PAID, BACK))
    assert channel.read_bill(channel.fetch_bill(date(2026, 11, 22), now=now())) == LINES
    company.bill = None
    today = (now() + timedelta(hours=8)).date()
    assert channel.read_bill(channel.fetch_bill(today - timedelta(days=2), now=now())) == []
    with pytest.raises(ChannelRefused, match="账单不存在"):
        channel.fetch_bill(today, now=now())
