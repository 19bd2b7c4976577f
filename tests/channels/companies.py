"""
WeChat Pay and Alipay as the tests meet them: local servers with keys of their own, which check every request's signature,
keep a book of trades, sign their answers and call notify addresses. They share no code with the channels.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric import rsa as keys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from kaibo.channels.pay_alipay import channel as alipay
from kaibo.channels.pay_wechat import channel as wechat

SHANGHAI = timezone(timedelta(hours=8))
NOTICE_KEY = b"0123456789abcdefghijklmnopqrstuv"
MERCHANT, WX_APP, SERIAL, KEY_ID = "1900000109", "wxd678efh567hg6787", "3775B6A45ACD588826D15E583A95F5DD", "PUB_KEY_ID_0119000001092024112200"
OPENID, APP_SECRET = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "app secret of the tests"
ALI_APP, SELLER = "2021000000000001", "2088000000000001"


@cache
def key_of(who: str) -> keys.RSAPrivateKey:
    """A key made once a run: `merchant`, `wechat`, `alipay`, `stranger`."""
    return keys.generate_private_key(65537, 2048)


def signature(who: str, message: bytes) -> str:
    return base64.b64encode(key_of(who).sign(message, padding.PKCS1v15(), SHA256())).decode()


def is_by(who: str, message: bytes, said: str) -> bool:
    try:
        key_of(who).public_key().verify(base64.b64decode(said), message, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def wechat_channel(url: str = "http://127.0.0.1:9", **more) -> wechat.Channel:
    return wechat.Channel(
        wechat.Settings(
            MERCHANT, WX_APP, SERIAL, key_of("merchant"), NOTICE_KEY, {KEY_ID: key_of("wechat").public_key()}, api_url=url, **{"seconds": 5.0} | more
        )
    )  # fmt: skip


def alipay_channel(url: str = "http://127.0.0.1:9/gateway.do", **more) -> alipay.Channel:
    return alipay.Channel(
        alipay.Settings(ALI_APP, key_of("merchant"), key_of("alipay").public_key(), SELLER, gateway=url, **{"seconds": 5.0} | more)
    )


@dataclass
class Trade:
    """A payment in a company's book."""

    out_trade_no: str
    total_fen: int
    title: str
    notify_url: str
    how: str
    transaction: str
    expires: str = ""
    paid_at: datetime | None = None
    refunds: dict[str, int] = field(default_factory=dict)


@dataclass
class Company:
    """What both doubles have: a server, a book, requests it refused, and a switch for bad days."""

    url: str = ""
    trades: dict[str, Trade] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    asked: list[dict] = field(default_factory=list)
    mood: str = "well"
    """well, silent (never answers), broken (500), unsigned, forged (signs with a stranger's key)"""
    enough: threading.Event = field(default_factory=threading.Event)
    refund_state: str = "SUCCESS"
    bill: bytes | None = None
    lies: dict[str, str] = field(default_factory=dict)
    """What it says, properly signed, in place of the truth."""

    def trade(self, asked: dict, **more) -> Trade:
        number = asked["out_trade_no"]
        made = Trade(number, transaction=f"42{len(self.trades):026d}", **more)
        return self.trades.setdefault(number, made)

    def pays(self, out_trade_no: str, at: datetime | None = None) -> Trade:
        """The buyer pays."""
        trade = self.trades[out_trade_no]
        trade.paid_at = at or datetime.now(UTC)
        return trade


@contextlib.contextmanager
def open_for_business(company: Company, answer) -> Iterator[Company]:
    """This function will serve a company on loopback; `answer(method, path, headers, body)` gives status, headers, body."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if company.mood == "silent":
                company.enough.wait(20)
                return
            status, headers, content = answer(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _do

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    company.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield company
    finally:
        company.enough.set()
        server.shutdown()
        server.server_close()


# ── WeChat Pay ────────────────────────────────────────────────────────────────────────────────────────────────────────


def wechat_headers(body: bytes, at: datetime, *, by: str = "wechat", serial: str = KEY_ID) -> dict[str, str]:
    moment, nonce = str(int(at.timestamp())), "EcKbqFi1Jv9Cz6tQ"
    return {
        "content-type": "application/json", "wechatpay-timestamp": moment, "wechatpay-nonce": nonce, "wechatpay-serial": serial,
        "wechatpay-signature": signature(by, f"{moment}\n{nonce}\n".encode() + body + b"\n"), "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
    }  # fmt: skip


def wechat_notice(
    out_trade_no: str, transaction: str, total_fen: int, paid_at: datetime, *, at: datetime, by: str = "wechat", event: str = "TRANSACTION.SUCCESS",
    key: bytes = NOTICE_KEY, **more,
) -> tuple[dict[str, str], bytes]:  # fmt: skip
    """WeChat Pay's call about a payment, as its document describes it."""
    plain = {
        "transaction_id": transaction, "mchid": MERCHANT, "appid": WX_APP, "out_trade_no": out_trade_no, "trade_state": "SUCCESS", "trade_type": "NATIVE",
        "trade_state_desc": "支付成功", "bank_type": "OTHERS", "attach": "", "success_time": paid_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}, "amount": {"total": total_fen, "payer_total": total_fen, "currency": "CNY", "payer_currency": "CNY"},
        **more,
    }  # fmt: skip
    sealed = AESGCM(key).encrypt(b"fdasflkja484", json.dumps(plain, ensure_ascii=False).encode(), b"transaction")
    body = json.dumps({
        "id": "EV-2018022511223320873", "create_time": at.astimezone(SHANGHAI).isoformat(timespec="seconds"), "resource_type": "encrypt-resource",
        "event_type": event, "summary": "支付成功",
        "resource": {"original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "ciphertext": base64.b64encode(sealed).decode(),
                     "associated_data": "transaction", "nonce": "fdasflkja484"},
    }, ensure_ascii=False).encode()  # fmt: skip
    return wechat_headers(body, at, by=by), body


@dataclass
class WeChatPay(Company):
    """The API of WeChat Pay v3 as far as the channel calls it."""

    codes: set[str] = field(default_factory=set)
    """Login codes the official account gave out."""

    def write_bill(self, refunded_at: datetime) -> None:
        """The day's bill out of its own book."""
        rows = []
        for one in self.trades.values():
            usual = {"微信订单号": one.transaction, "商户订单号": one.out_trade_no}
            rows.append(usual | {"交易时间": local_text(one.paid_at), "订单金额": in_yuan(one.total_fen)})
            for number, fen in one.refunds.items():
                back = {"交易状态": "REFUND", "退款状态": "SUCCESS", "微信退款单号": f"50{number[:26]}", "商户退款单号": number, "申请退款金额": in_yuan(fen)}
                rows.append(usual | back | {"交易时间": local_text(refunded_at)})
        self.bill = wechat_bill(*rows)

    def answer(self, method: str, path: str, headers: dict, body: bytes):
        if self.mood == "broken":
            return self._say(502, {"code": "SYSTEM_ERROR", "message": "系统异常，请稍后重试"})
        if method == "GET" and urlsplit(path).path == "/sns/oauth2/access_token":
            return self._login(dict(parse_qsl(urlsplit(path).query, strict_parsing=True)))
        found = re.fullmatch(
            r'WECHATPAY2-SHA256-RSA2048 mchid="(.+?)",nonce_str="(.{16,32})",signature="(.+?)",timestamp="(\d+)",serial_no="(.+?)"', headers.get("authorization", "")
        )
        message = f"{method}\n{path}\n{found[4]}\n{found[2]}\n".encode() + body + b"\n" if found else b""
        if not found or (found[1], found[5]) != (MERCHANT, SERIAL) or not is_by("merchant", message, found[3]):
            self.complaints.append(f"{method} {path}")
            return self._say(401, {"code": "SIGN_ERROR", "message": "签名错误"})
        place = urlsplit(path)
        match method, place.path.split("/")[1:]:
            case "POST", ["v3", "pay", "transactions", ("native" | "h5" | "jsapi") as how]:
                return self._open(how, json.loads(body))
            case "GET", ["v3", "pay", "transactions", "out-trade-no", number]:
                return self._query(number, parse_qs(place.query))
            case "POST", ["v3", "refund", "domestic", "refunds"]:
                return self._refund(json.loads(body))
            case "GET", ["v3", "bill", "tradebill"]:
                return self._bill_address(parse_qs(place.query))
            case "GET", ["v3", "billdownload", "file"]:
                return 200, {"content-type": "text/plain"}, self.bill
        return self._say(404, {"code": "RESOURCE_NOT_EXISTS", "message": "?"})

    def _open(self, how, asked):
        self.asked.append(asked)
        assert set(asked) >= {"appid", "mchid", "description", "out_trade_no", "time_expire", "notify_url", "amount"}, asked
        known = self.trades.get(asked["out_trade_no"])
        if known and (known.total_fen, known.how) != (asked["amount"]["total"], how):
            return self._say(400, {"code": "PARAM_ERROR", "message": "请求重入时，参数与首次请求时不一致"})
        if known and known.paid_at:
            return self._say(400, {"code": "ORDERPAID", "message": "该订单已支付"})
        trade = self.trade(
            asked, total_fen=asked["amount"]["total"], title=asked["description"], notify_url=asked["notify_url"], how=how, expires=asked["time_expire"]
        )
        if how == "native":
            return self._say(200, {"code_url": f"weixin://wxpay/bizpayurl?pr={trade.transaction[-7:]}"})
        if how == "jsapi":
            assert asked["payer"] == {"openid": OPENID}
            return self._say(200, {"prepay_id": f"wx{trade.transaction}"})
        assert asked["scene_info"]["h5_info"]["type"] == "Wap"
        assert asked["scene_info"]["payer_client_ip"]
        return self._say(200, {"h5_url": f"https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={trade.transaction}&package=1037687096"})

    def _login(self, asked):
        """The official account's side: a code is good once and says who the buyer is to this app."""
        assert (asked["appid"], asked["secret"], asked["grant_type"]) == (WX_APP, APP_SECRET, "authorization_code"), asked
        known = asked["code"] in self.codes
        self.codes.discard(asked["code"])
        told = {"openid": OPENID, "access_token": "ACCESS", "expires_in": 7200, "scope": "snsapi_base"} if known else {"errcode": 40163, "errmsg": "code been used"}
        return 200, {"content-type": "text/plain"}, json.dumps(told | self.lies).encode()

    def _query(self, number, query):
        trade = self.trades.get(number)
        if trade is None or query != {"mchid": [MERCHANT]}:
            return self._say(404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"})
        told = {"appid": WX_APP, "mchid": MERCHANT, "out_trade_no": number, "trade_state": "NOTPAY", "amount": {"total": trade.total_fen, "currency": "CNY"}}
        if trade.paid_at:
            paid_at = trade.paid_at.astimezone(SHANGHAI).isoformat(timespec="seconds")
            told |= {"trade_state": "REFUND" if trade.refunds else "SUCCESS", "transaction_id": trade.transaction, "success_time": paid_at}
        return self._say(200, told)

    def _refund(self, asked):
        trade = next((one for one in self.trades.values() if one.transaction == asked["transaction_id"] and one.paid_at), None)
        if trade is None or asked["amount"]["total"] != trade.total_fen:
            return self._say(404, {"code": "RESOURCE_NOT_EXISTS", "message": "订单不存在"})
        number, fen = asked["out_refund_no"], asked["amount"]["refund"]
        if trade.refunds.get(number, fen) != fen or sum(({number: fen} | trade.refunds).values()) > trade.total_fen:
            return self._say(400, {"code": "INVALID_REQUEST", "message": "申请退款金额大于订单金额"})
        trade.refunds[number] = fen
        return self._say(200, {"refund_id": f"50{number[:26]}", "out_refund_no": number, "status": self.refund_state, "amount": {"refund": fen}})

    def _bill_address(self, query):
        if self.bill is None:
            return self._say(400, {"code": "NO_STATEMENT_EXIST", "message": "账单文件不存在"})
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", query["bill_date"][0])
        hashed = hashlib.sha1(self.bill).hexdigest()
        return self._say(200, {"hash_type": "SHA1", "hash_value": hashed, "download_url": f"https://api.mch.weixin.qq.com/v3/billdownload/file?token=a%2Bb{hashed[:6]}"})

    def _say(self, status, told):
        body = json.dumps(told | {name: value for name, value in self.lies.items() if name in told}, ensure_ascii=False).encode()
        by = "stranger" if self.mood == "forged" else "wechat"
        return status, {"content-type": "application/json"} if self.mood == "unsigned" else wechat_headers(body, datetime.now(UTC), by=by), body

    def calls(self, trade: Trade, *, total_fen: int | None = None, **more) -> httpx.Response:
        """WeChat Pay calls the merchant's notify address."""
        more.setdefault("at", datetime.now(UTC))
        headers, body = wechat_notice(trade.out_trade_no, trade.transaction, trade.total_fen if total_fen is None else total_fen, trade.paid_at, **more)
        return httpx.post(trade.notify_url, content=body, headers=headers, timeout=20)


@contextlib.contextmanager
def wechat_pay() -> Iterator[WeChatPay]:
    company = WeChatPay()
    with open_for_business(company, lambda *request: company.answer(*request)):
        yield company


# ── Alipay ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def in_order(fields: dict[str, str], *without: str) -> bytes:
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in without).encode()


def in_yuan(amount_fen: int) -> str:
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"


def local_text(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def alipay_notice(out_trade_no: str, trade_no: str, total_fen: int, paid_at: datetime, *, at: datetime, by: str = "alipay", **more) -> tuple[dict[str, str], bytes]:
    """Alipay's call about a payment, a form."""
    total = in_yuan(total_fen)
    fields = {
        "gmt_create": local_text(paid_at), "charset": "utf-8", "seller_email": "shop***@example.com", "subject": "短款羊毛双面呢外套 × 2", "buyer_id": "2088102116773037",
        "invoice_amount": total, "notify_id": "2026112200222114026062371", "fund_bill_list": json.dumps([{"amount": total, "fundChannel": "ALIPAYACCOUNT"}]),
        "notify_type": "trade_status_sync", "trade_status": "TRADE_SUCCESS", "receipt_amount": total, "buyer_pay_amount": total, "app_id": ALI_APP,
        "seller_id": SELLER, "gmt_payment": local_text(paid_at), "notify_time": local_text(at), "version": "1.0", "out_trade_no": out_trade_no,
        "total_amount": total, "trade_no": trade_no, "auth_app_id": ALI_APP, "point_amount": "0.00", **more,
    }  # fmt: skip
    fields |= {"sign": signature(by, in_order(fields)), "sign_type": "RSA2"}
    return {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, urlencode(fields).encode()


@dataclass
class Alipay(Company):
    """The gateway of Alipay as far as the channel calls it, and its pay page."""

    wanted_numbers: dict[str, str] = field(default_factory=dict)
    """In certificate mode: what each request must say of certificates."""
    own_number: str = ""
    """In certificate mode: what each answer says of Alipay's certificate."""

    def write_bill(self, refunded_at: datetime) -> None:
        """The day's bill out of its own book, in its ZIP."""
        rows = []
        for one in self.trades.values():
            usual = {"支付宝交易号": one.transaction, "商户订单号": one.out_trade_no}
            rows.append(usual | {"业务类型": "交易", "完成时间": local_text(one.paid_at), "订单金额（元）": in_yuan(one.total_fen)})
            for number, fen in one.refunds.items():
                back = {"业务类型": "退款", "完成时间": local_text(refunded_at), "订单金额（元）": "-" + in_yuan(fen), "退款批次号/请求号": number}
                rows.append(usual | back)
        self.bill = alipay_zip(alipay_bill(*rows))

    @property
    def gateway(self) -> str:
        return f"{self.url}/gateway.do"

    def answer(self, method: str, path: str, headers: dict, body: bytes):
        if self.mood == "broken":
            return 502, {}, b"<html>bad gateway</html>"
        place = urlsplit(path)
        if place.path == "/bill.zip":
            return 200, {"content-type": "application/zip"}, self.bill
        fields = dict(parse_qsl((body.decode() if body else place.query), keep_blank_values=True, strict_parsing=True))
        name = fields.get("method", "").replace(".", "_") + "_response"
        signed = is_by("merchant", in_order(fields, "sign"), fields.get("sign", ""))
        told_numbers = {name: value for name, value in fields.items() if name.endswith("cert_sn")}
        if not signed or told_numbers != self.wanted_numbers or fields["app_id"] != ALI_APP or (fields["sign_type"], fields["charset"], fields["version"]) != ("RSA2", "utf-8", "1.0"):
            self.complaints.append(fields.get("method", path))
            return self._say("error_response", {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature", "sub_msg": "验签出错"})
        asked = json.loads(fields["biz_content"])
        self.asked.append({**fields, **asked})
        if method == "GET":
            self.trade(
                asked, total_fen=round(float(asked["total_amount"]) * 100), title=asked["subject"], notify_url=fields["notify_url"], how=fields["method"],
                expires=asked["time_expire"],
            )
            return 200, {"content-type": "text/html; charset=utf-8"}, "请登录支付宝付款".encode()
        return self._say(name, getattr(self, "_" + fields["method"].split(".", 1)[1].replace(".", "_"))(asked))

    def _trade_query(self, asked):
        trade = self.trades.get(asked["out_trade_no"])
        if trade is None:
            return {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_NOT_EXIST", "sub_msg": "交易不存在"}
        told = {"code": "10000", "msg": "Success", "out_trade_no": trade.out_trade_no, "trade_no": trade.transaction, "trade_status": "WAIT_BUYER_PAY"}
        if trade.paid_at:
            told |= {"trade_status": "TRADE_SUCCESS", "send_pay_date": local_text(trade.paid_at), "buyer_logon_id": "a/b***@{x}.com"}
        return told | {"total_amount": in_yuan(trade.total_fen)}

    def _trade_refund(self, asked):
        trade = next((one for one in self.trades.values() if one.transaction == asked["trade_no"] and one.paid_at), None)
        if trade is None:
            return {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_NOT_EXIST", "sub_msg": "交易不存在"}
        number, fen = asked["out_request_no"], round(float(asked["refund_amount"]) * 100)
        if sum(({number: fen} | trade.refunds).values()) > trade.total_fen:
            return {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "sub_msg": "退款金额超限"}
        is_new = number not in trade.refunds
        trade.refunds[number] = fen
        moved = "Y" if is_new and self.refund_state == "SUCCESS" else "N"
        return {"code": "10000", "msg": "Success", "trade_no": trade.transaction, "out_trade_no": trade.out_trade_no, "fund_change": moved}

    def _trade_fastpay_refund_query(self, asked):
        trade = next(one for one in self.trades.values() if one.transaction == asked["trade_no"])
        told = {"code": "10000", "msg": "Success", "out_request_no": asked["out_request_no"]}
        return told | {"refund_status": "REFUND_SUCCESS"} if self.refund_state == "SUCCESS" and asked["out_request_no"] in trade.refunds else told

    def _data_dataservice_bill_downloadurl_query(self, asked):
        if self.bill is None:
            return {"code": "40004", "msg": "Business Failed", "sub_code": "isp.bill_not_exist", "sub_msg": "账单不存在"}
        return {"code": "10000", "msg": "Success", "bill_download_url": f"{self.url}/bill.zip?bizType=trade&fileType=csv.zip"}

    def _say(self, name, told):
        told = told | {name: value for name, value in self.lies.items() if name in told}
        value = json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
        signed = signature("stranger" if self.mood == "forged" else "alipay", value.encode())
        numbered = f',"alipay_cert_sn":"{self.own_number}"' if self.own_number else ""
        text = f'{{"{name}":{value}{numbered}' + ("}" if self.mood == "unsigned" else f',"sign":"{signed}"}}')
        return 200, {"content-type": "text/html;charset=utf-8"}, text.encode()

    def calls(self, trade: Trade, *, total_fen: int | None = None, **more) -> httpx.Response:
        """Alipay calls the merchant's notify address."""
        more.setdefault("at", datetime.now(UTC))
        headers, body = alipay_notice(trade.out_trade_no, trade.transaction, trade.total_fen if total_fen is None else total_fen, trade.paid_at, **more)
        return httpx.post(trade.notify_url, content=body, headers=headers, timeout=20)


@contextlib.contextmanager
def alipay_pay() -> Iterator[Alipay]:
    company = Alipay()
    with open_for_business(company, lambda *request: company.answer(*request)):
        yield company


# ── bills ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

WX_NAMES = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,"
    "退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)


def wechat_bill(*rows: dict[str, str], summary: str | None = None) -> bytes:
    """A trade bill as WeChat Pay writes it: UTF-8 with BOM, CRLF, a backtick before each value."""
    names = WX_NAMES.split(",")
    usual = {name: "" for name in names} | {
        "公众账号ID": WX_APP, "商户号": MERCHANT, "特约商户号": "0", "用户标识": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "交易类型": "NATIVE", "交易状态": "SUCCESS", "付款银行": "OTHERS",
        "货币种类": "CNY", "应结订单金额": "0.00", "代金券金额": "0.00", "微信退款单号": "0", "商户退款单号": "0", "退款金额": "0.00", "充值券退款金额": "0.00",
        "商品名称": "短款羊毛双面呢外套 × 2", "手续费": "0.00000", "费率": "0.60%", "订单金额": "0.00", "申请退款金额": "0.00",
    }  # fmt: skip
    whole = [usual | row for row in rows]
    total = {name: f"{sum(float(row[name]) for row in whole):.2f}" for name in ("订单金额", "申请退款金额")}
    lines = [WX_NAMES, *(",".join("`" + row[name] for name in names) for row in whole)]
    lines += ["总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"]
    lines += [summary or f"`{len(whole)},`0.00,`0.00,`0.00,`0.00000,`{total['订单金额']},`{total['申请退款金额']}"]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


ALI_NAMES = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,"
    "支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)


def alipay_bill(*rows: dict[str, str], counts: tuple[int, int] | None = None) -> bytes:
    """A trade bill as Alipay writes it: GBK, values padded by tabs, comment lines around."""
    names = ALI_NAMES.split(",")
    paid, refunded = counts or (sum(row["业务类型"] == "交易" for row in rows), sum(row["业务类型"] == "退款" for row in rows))
    lines = ["#支付宝业务明细查询", "#账号：[20880000000000010156]", "#起始日期：[2026年11月22日 00:00:00]   终止日期：[2026年11月23日 00:00:00]"]
    lines += ["#-----------------------------------------业务明细列表----------------------------------------", ALI_NAMES]
    lines += [",".join(({name: "" for name in names} | {"商品名称": "短款羊毛双面呢外套 × 2"} | row)[name] + "\t" for name in names) for row in rows]
    lines += ["#-----------------------------------------业务明细列表结束------------------------------------"]
    lines += [f"#交易合计：{paid}笔，商家实收共0.00元，商家优惠共0.00元", f"#退款合计：{refunded}笔，商家实收退款共0.00元，商家优惠退款共0.00元", "#导出时间：[2026年11月23日 09:12:40]"]
    return ("\r\n".join(lines) + "\r\n").encode("gbk")


def alipay_zip(bill: bytes) -> bytes:
    """What Alipay's download address gives: the totals and the detail file, their names in GBK without saying so."""
    totals = "#支付宝业务汇总查询\r\n门店编号,门店名称,交易订单总笔数\r\n合计,,1\r\n".encode("gbk")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2088000000000001_20261122_业务明细(汇总).csv".encode("gbk").decode("cp437"), totals)
        archive.writestr("2088000000000001_20261122_业务明细.csv".encode("gbk").decode("cp437"), bill)
    return made.getvalue()
