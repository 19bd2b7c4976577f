"""Alipay in certificate mode 公钥证书模式, with certificates made here: numbers both ways, a change of certificate, strangers."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from kaibo.channels.pay_alipay import certificates
from kaibo.channels.rsa import KeyUnreadable
from kaibo.kit.payments import ChannelAway, NoticeForged, PayOrder
from tests.channels.companies import alipay_channel, alipay_notice, alipay_pay, key_of

NUMBER = "0198c0ffee0198c0ffee0198c0ffee01"
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ROOT, AUTHORITY = "CN=Sample Root R1,OU=Certification Authority,O=Sample Financial,C=CN", "CN=Sample Class 2 R1,OU=Certification Authority,O=Sample Financial,C=CN"
PARTS = {"CN": NameOID.COMMON_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "O": NameOID.ORGANIZATION_NAME, "C": NameOID.COUNTRY_NAME}


def name_of(text):
    """From the country down, as certificates write it; people write it the other way round."""
    return x509.Name([x509.NameAttribute(PARTS[part.split("=")[0]], part.split("=")[1]) for part in reversed(text.split(","))])


def certificate(key, serial, *, issuer, by, is_authority=False, subject="CN=somebody"):
    made = x509.CertificateBuilder().subject_name(name_of(subject)).issuer_name(name_of(issuer)).public_key(key.public_key()).serial_number(serial)
    made = made.not_valid_before(AT).not_valid_after(AT + timedelta(days=365)).add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    return made.sign(by, SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def expected(issuer, serial):
    return hashlib.md5(f"{issuer}{serial}".encode()).hexdigest()


SERIALS = {"app": 0x2021_0000_1117_2233_4455_66, "root 1": 0x7000_0000_0000_0001, "root 2": 0x7000_0000_0000_0002, "now": 0x9001, "next": 0x9002}
APP = certificate(key_of("merchant"), SERIALS["app"], issuer=AUTHORITY, by=key_of("authority"))
ROOTS = "\n".join((
    certificate(key_of("root"), SERIALS["root 1"], issuer=ROOT, by=key_of("root"), is_authority=True),
    certificate((other := ec.generate_private_key(ec.SECP256R1())), 5, issuer="CN=other,C=CN", by=other, is_authority=True),  # not RSA: does not count
    certificate(key_of("authority"), SERIALS["root 2"], issuer=ROOT, by=key_of("root"), is_authority=True),
))  # fmt: skip
ISSUER_OF_ALIPAY = certificate(key_of("authority"), 77, issuer=ROOT, by=key_of("root"), is_authority=True)
NOW = certificate(key_of("alipay"), SERIALS["now"], issuer=AUTHORITY, by=key_of("authority"))
NEXT = certificate(key_of("alipay next"), SERIALS["next"], issuer=AUTHORITY, by=key_of("authority"))


def read(**more):
    return certificates.read(**{"app": APP, "root": ROOTS, "alipay": f"{NOW}\n{ISSUER_OF_ALIPAY}", "key": key_of("merchant")} | more)


def channel(url="http://127.0.0.1:9/gateway.do", **more):
    return alipay_channel(url, certificates=read(**more))


@pytest.fixture
def company():
    with alipay_pay() as running:
        found = read()
        running.wanted_numbers = {"app_cert_sn": found.app_number, "alipay_root_cert_sn": found.root_number}
        running.own_number = expected(AUTHORITY, SERIALS["now"])
        yield running
    assert running.complaints == []


def opened(company, by):
    now = datetime.now(UTC)
    order = PayOrder(NUMBER, 11980, title="外套", expires_at=now + timedelta(minutes=15), notify_url="https://live.example.com/pay/alipay", return_url="https://live.example.com/r/x")
    assert httpx.get(by.open(order, now=now).url).status_code == 200
    company.pays(NUMBER)


def test_numbers_are_those_alipays_own_kits_compute():
    found = read()
    assert found.app_number == expected(AUTHORITY, SERIALS["app"])
    assert found.root_number == f"{expected(ROOT, SERIALS['root 1'])}_{expected(ROOT, SERIALS['root 2'])}"
    assert list(found.alipay_keys) == [expected(AUTHORITY, SERIALS["now"])]  # who issued it signs no answers


def test_a_payment_goes_round_with_both_numbers_in_each_request(company):
    by = channel(company.gateway)
    opened(company, by)
    assert by.query(NUMBER, now=datetime.now(UTC)).amount_fen == 11980
    assert {name: company.asked[-1][name] for name in company.wanted_numbers} == company.wanted_numbers


def test_a_new_certificate_is_believed_once_it_is_in_the_settings_and_no_other(company, caplog):
    opened(company, channel(company.gateway))
    company.own_number = expected(AUTHORITY, SERIALS["next"])
    with pytest.raises(ChannelAway):
        channel(company.gateway).query(NUMBER, now=datetime.now(UTC))
    assert "KAIBO_ALIPAY_CERTIFICATE" in caplog.text and NUMBER not in caplog.text
    with pytest.raises(ChannelAway):  # named next, signed with the present key
        channel(company.gateway, alipay=NOW + NEXT).query(NUMBER, now=datetime.now(UTC))
    company.own_number = ""
    with pytest.raises(ChannelAway):
        channel(company.gateway, alipay=NOW + NEXT).query(NUMBER, now=datetime.now(UTC))
    company.own_number = expected(AUTHORITY, SERIALS["now"])
    assert channel(company.gateway, alipay=NEXT + NOW).query(NUMBER, now=datetime.now(UTC)).amount_fen == 11980


def test_a_notice_is_believed_by_any_certificate_in_the_settings_and_no_strangers():
    for signer, known in (("alipay", NOW), ("alipay next", NOW + NEXT)):
        headers, body = alipay_notice(NUMBER, "2026", 11980, AT, at=AT, by=signer)
        assert channel(alipay=known).read_notice(headers, body, now=AT).amount_fen == 11980
    for stranger in ("alipay next", "stranger", "authority"):
        headers, body = alipay_notice(NUMBER, "2026", 11980, AT, at=AT, by=stranger)
        with pytest.raises(NoticeForged):
            channel(alipay=NOW + ISSUER_OF_ALIPAY).read_notice(headers, body, now=AT)


@pytest.mark.parametrize(
    "wrong", [{"app": NOW}, {"key": key_of("stranger")}, {"alipay": ISSUER_OF_ALIPAY}, {"root": "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"}, {"alipay": ""}]
)
def test_files_that_do_not_belong_together_are_refused(wrong):
    with pytest.raises(KeyUnreadable):
        read(**wrong)
