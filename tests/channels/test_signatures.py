"""Every published or reproduced vector of the platforms' signatures (facts/platforms), to the byte."""

from __future__ import annotations

import base64
import json
import os
from datetime import datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from kaibo.channels.robot_dingtalk import signing as dingtalk
from kaibo.channels.robot_feishu import signing as feishu
from kaibo.channels.shop_jd import signing as jd
from kaibo.channels.shop_kuaishou import signing as kuaishou
from kaibo.channels.shop_pdd import signing as pdd
from kaibo.channels.shop_shopify import signing as shopify
from kaibo.channels.shop_taobao import signing as taobao
from kaibo.channels.shop_tiktok_shop import signing as tiktok
from kaibo.channels.shop_wechat_shop import signing as wechat
from kaibo.channels.shop_xiaohongshu import signing as xiaohongshu
from kaibo.channels.track_kdniao import signing as kdniao
from kaibo.channels.track_kuaidi100 import signing as kuaidi100

TOP = {
    "method": "taobao.item.seller.get", "app_key": "12345678", "session": "test", "timestamp": "2016-01-01 12:00:00", "format": "json", "v": "2.0",
    "fields": "num_iid,title,nick,price,num", "num_iid": "11223344",
}  # fmt: skip
KUAISHOU = {
    "access_token": "ks-token", "appkey": "ks701000000000000001", "method": "open.order.cursor.list", "timestamp": "1704153600000", "version": "1",
    "param": '{"beginTime":1704067200000,"cursor":"","endTime":1704153600000,"orderViewStatus":1,"pageSize":20,"queryType":2}',
}  # fmt: skip
KUAISHOU_PUSH = (
    b"NDyh7Jj8WuRFJxFbufAX4dgAiwr9MqiaOvORZsnvyOoN1MfK/aowJEMB0UG37UDvGrW4OVsimTF98miXFJG/Udplx6TlaAWOXdvtw7xgDnWP1sNIqy/0ac7xs1e9Jzff"
)
TIKTOK_BODY = (
    b'{"type":1,"shop_id":"7490000000000000001","timestamp":1704067200,"data":{"order_id":"576460000000000001","order_status":"AWAITING_SHIPMENT"}}'
)


@pytest.mark.parametrize(
    ("method", "signed"),
    [
        ("md5", "66987CB115214E59E6EC978214934FB8"),
        ("hmac", "D56D7858309C31B6251083A874D48273"),
        ("hmac-sha256", "04DB15AD0774D5CFCE2C837DE43E3FCEA9011ED74F3038FB6AB5F3C4CEA119E8"),
    ],
)
def test_taobao_t1(method, signed):
    assert taobao.sign("helloworld", {**TOP, "sign_method": method}, method=method) == signed


def test_pdd_p1_and_p2():
    first = {
        "access_token": "asd78172s8ds9a921j9qqwda12312w1w21211", "client_id": "1", "data_type": "XML", "order_status": "1", "page": "1",
        "page_size": "10", "timestamp": "1480411125", "type": "pdd.order.number.list.get",
    }  # fmt: skip
    assert pdd.sign("testSecret", first) == "E4DE3ED21002510DED352819E7AE6775"
    second = {
        "type": "pdd.goods.quantity.update", "client_id": "cid001", "access_token": "tok001", "timestamp": "1704067200", "data_type": "JSON",
        "version": "V1", "goods_id": "1001", "sku_id": "2002", "quantity": "-3", "update_type": "2",
    }  # fmt: skip
    assert pdd.sign("pdd-secret", second) == "E9CCA47705352E5FE95D85F2128AAA17"
    assert pdd.sign("pdd-secret", {**second, "sign": "OLD"}) == "E9CCA47705352E5FE95D85F2128AAA17"


def test_jd_j1():
    moment = datetime(2021, 5, 7, 9, 20, 39, 683_000, tzinfo=timezone(timedelta(hours=8)))
    asked = {
        "360buy_param_json": '{"end_date":null,"optional_fields":null,"order_state":"WAIT_SELLER_STOCK_OUT","page":"1","page_size":"200","start_date":null}',
        "access_token": "yourtoken", "app_key": "yourappkey", "method": "jingdong.pop.order.search", "timestamp": jd.timestamp(moment), "v": "2.0",
    }  # fmt: skip
    assert asked["timestamp"] == "2021-05-07 09:20:39.683+0800"
    assert jd.sign("yourappSecret", asked) == "D70825340F4084360B9362B60DFD7930"


def test_kuaishou_k1():
    assert kuaishou.canonical(json.loads(KUAISHOU["param"])) == KUAISHOU["param"]
    assert kuaishou.sign("ks-sign-secret", {**KUAISHOU, "signMethod": "MD5"}, method="MD5") == "fe7002795fa1fddfcfce3305138c8201"
    signed = kuaishou.sign("ks-sign-secret", {**KUAISHOU, "signMethod": "HMAC_SHA256"})
    assert signed == "BjvExuwk96X8eXnJP896mmulcyF3/iY0BIstnX90wVU="


def test_kuaishou_k2():
    plain = kuaishou.open_push("MDEyMzQ1Njc4OWFiY2RlZg==", KUAISHOU_PUSH)
    assert plain == rb'{"eventId":"e1","event":"kwaishop_order_paySuccess","info":"{\"oid\":1}","test":false}'
    with pytest.raises(ValueError):
        kuaishou.open_push(base64.b64encode(b"another key 1234").decode(), KUAISHOU_PUSH)


def test_xiaohongshu_x1():
    signed = xiaohongshu.sign("xhs-secret", app="xhs-app-001", method="order.getOrderList", timestamp="1704067200")
    assert signed == "bce4fa6c6ece6d0f0d89549a18ef16ea"


def test_wechat_w1_and_its_encrypted_messages():
    assert wechat.signature("wx-token", "1704067200", "nonce01") == "064b55e56f60526d3a774ed3c46c522ddf98ac48"
    assert wechat.signature("wx-token", "1704067200", "nonce01", "ENCRYPTED+BASE64==") == "96e087f87c2024186ef936e06e7c9d398fd2c62d"
    key = os.urandom(32)
    text = b'{"Event":"channels_ec_order_pay"}'
    plain = os.urandom(16) + len(text).to_bytes(4, "big") + text + b"wx0001"
    pad = 32 - len(plain) % 32
    sealer = Cipher(AES(key), CBC(key[:16])).encryptor()
    sealed = base64.b64encode(sealer.update(plain + bytes([pad]) * pad) + sealer.finalize()).decode()
    assert wechat.open_message(base64.b64encode(key).decode().rstrip("="), sealed) == (text, "wx0001")
    with pytest.raises(ValueError):
        wechat.open_message(base64.b64encode(os.urandom(32)).decode().rstrip("="), sealed)


def test_tiktok_tt1_and_its_webhooks():
    query = {"app_key": "tts-key", "page_size": "20", "shop_cipher": "CIPHER_001", "sort_field": "create_time", "timestamp": "1704067200"}
    signed = tiktok.sign("tts-secret", path="/order/202309/orders/search", query=query, body='{"order_status":"AWAITING_SHIPMENT"}')
    assert signed == "4a5b7dfc846cb959a33f08b3c41765064c8976cae7cd713e50a3e2bf8891cde2"
    mark = "06a08c26a6e55eebd047c337fbf6e4b66afc6d5d68673037c255d2a2d0b5656f"
    assert tiktok.webhook_sign("tts-secret", app_key="tts-key", body=TIKTOK_BODY) == mark
    assert not tiktok.is_genuine_webhook("tts-secret", app_key="tts-key", body=TIKTOK_BODY + b" ", given=mark)


def test_shopify_s1():
    body, mark = b'{"id":820982911946154508,"name":"#9999"}', "7dZBfEVe/vR8PGo7EOf24nW/yvvzWIDujfL+1ljg6w0="
    assert shopify.webhook_sign("shpss_test", body) == mark
    assert shopify.is_genuine_webhook(("shpss_new", "shpss_test"), body, mark)
    assert not shopify.is_genuine_webhook(("shpss_new", ""), body, mark)


def test_kuaidi100_q1():
    content = '{"com":"shunfeng","num":"SF1234567890123","phone":"5678","resultv2":"4"}'
    assert kuaidi100.sign("kd100-key", "KD100CUSTOMER", content) == "4CDDCE05FBCED05F236C6716F298E7F1"
    assert kuaidi100.push_sign("salt01", '{"status":"polling","message":""}') == "B75EC6BD70EF248F50B90325301AAD3F"


def test_kdniao_n1():
    content = '{"ShipperCode":"SF","LogisticCode":"SF1234567890123","CustomerName":"5678"}'
    assert kdniao.sign("kdniao-app-key", content) == "N2RiM2Q1YmQ1YWI3MzIwZmEwMzNkNzE5OTQ3YTVjMjI="


def test_robots():
    assert dingtalk.sign("SECtest0001", 1704067200000) == "4scpcLMbIWs8o8KKANJpoGe8CoUrr7mspLddU8bpAJg="
    assert feishu.sign("feishu-secret", 1704067200) == "z7YFSdbI+s6aMeg68DPsoCVLHER8S6zu8jfXONYkqUE="
    assert feishu.sign("demo", 1599360473) == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="
