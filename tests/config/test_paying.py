"""Which ways to pay an installation has is said by its settings; wrong ones are refused by name and never repeated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from kaibo.config.env import WrongSetting, read_env
from kaibo.config.paying import pay_channels
from tests.channels.companies import KEY_ID, key_of, wechat_notice

PRODUCTION = {"KAIBO_ENV": "production", "KAIBO_SECRET_KEY": "x" * 40, "KAIBO_ALLOWED_HOSTS": "live.example.com", "KAIBO_ROOM_URL": "https://live.example.com"}
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def pem(key) -> str:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def public(key) -> str:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def certificate(key, serial: int) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(serial)
    signed = made.not_valid_before(AT).not_valid_after(AT + timedelta(days=1)).sign(key, SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def wechat(tmp_path):
    file = tmp_path / "apiclient_key.pem"
    file.write_text(pem(key_of("merchant")))
    return {
        "KAIBO_WECHAT_MERCHANT": "1900000109", "KAIBO_WECHAT_APP": "wxd678efh567hg6787", "KAIBO_WECHAT_CERTIFICATE_SERIAL": "3775B6A45ACD588826D15E583A95F5DD",
        "KAIBO_WECHAT_PRIVATE_KEY_FILE": str(file), "KAIBO_WECHAT_NOTICE_KEY": "0123456789abcdefghijklmnopqrstuv",
        "KAIBO_WECHAT_PLATFORM_KEYS": public(key_of("wechat")), "KAIBO_WECHAT_PLATFORM_KEY_ID": KEY_ID,
    }  # fmt: skip


@pytest.fixture
def alipay():
    bare = "".join(public(key_of("alipay")).splitlines()[1:-1])
    return {"KAIBO_ALIPAY_APP": "2021000000000001", "KAIBO_ALIPAY_PRIVATE_KEY": pem(key_of("merchant")), "KAIBO_ALIPAY_PUBLIC_KEY": bare}


def ways(environ):
    return pay_channels(read_env(environ), "postgresql://nowhere", environ)


def test_without_settings_there_is_the_sandbox_and_in_production_nothing():
    assert list(ways({})) == ["sandbox"]
    assert list(ways(PRODUCTION)) == []


def test_production_has_the_companies_and_never_the_sandbox(wechat, alipay):
    assert list(ways(PRODUCTION | wechat | alipay)) == ["wechat", "alipay"]
    assert list(ways(wechat | alipay)) == ["wechat", "alipay", "sandbox"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAIBO_WECHAT_APP", ""), ("KAIBO_WECHAT_CERTIFICATE_SERIAL", ""), ("KAIBO_WECHAT_NOTICE_KEY", "too short"), ("KAIBO_WECHAT_PHONE_PAGE", "perhaps"),
        ("KAIBO_WECHAT_PLATFORM_KEYS", "a private word"), ("KAIBO_WECHAT_PLATFORM_KEY_ID", ""), ("KAIBO_WECHAT_URL", "http://api.example.com"),
        ("KAIBO_ALIPAY_PRIVATE_KEY", "a private word"), ("KAIBO_ALIPAY_PUBLIC_KEY", ""), ("KAIBO_ALIPAY_URL", "ftp://x"), ("KAIBO_ROOM_URL", "http://live.example.com"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_refused_by_its_name_and_a_key_is_not_repeated(wechat, alipay, name, value):
    with pytest.raises(WrongSetting) as wrong:
        ways(PRODUCTION | wechat | alipay | {name: value})
    assert wrong.value.details["name"] == name
    assert "a private word" not in str(wrong.value) + repr(wrong.value.details)


def test_a_key_file_that_is_not_there_is_named(wechat):
    with pytest.raises(WrongSetting) as wrong:
        ways(wechat | {"KAIBO_WECHAT_PRIVATE_KEY_FILE": "/nowhere/apiclient_key.pem"})
    assert wrong.value.details["name"] == "KAIBO_WECHAT_PRIVATE_KEY_FILE"


def test_while_wechat_changes_its_certificate_both_are_believed_and_no_third(wechat):
    both = certificate(key_of("wechat"), 0x0A51) + certificate(key_of("alipay"), 0x2B)
    channel = ways(wechat | {"KAIBO_WECHAT_PLATFORM_KEYS": both, "KAIBO_WECHAT_PLATFORM_KEY_ID": ""})["wechat"]
    for who, serial in (("wechat", "0A51"), ("alipay", "2B")):
        headers, body = wechat_notice("1" * 32, "T", 1, AT, at=AT, by=who)
        assert channel.read_notice(headers | {"wechatpay-serial": serial}, body, now=AT).amount_fen == 1
    assert sorted(channel.settings.platform_keys) == ["2B", "A51"]


def test_alipay_in_certificate_mode_needs_its_three_files_and_no_public_key(alipay):
    del alipay["KAIBO_ALIPAY_PUBLIC_KEY"]
    files = {
        "KAIBO_ALIPAY_APP_CERTIFICATE": certificate(key_of("merchant"), 7), "KAIBO_ALIPAY_ROOT_CERTIFICATE": certificate(key_of("root"), 1),
        "KAIBO_ALIPAY_CERTIFICATE": certificate(key_of("alipay"), 2),
    }  # fmt: skip
    assert list(ways(PRODUCTION | alipay | files)) == ["alipay"]
    for name in files:
        for wrong in ("", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", public(key_of("alipay"))):
            with pytest.raises(WrongSetting) as refused:
                ways(PRODUCTION | alipay | files | {name: wrong})
            assert ("KAIBO_ALIPAY" in refused.value.details["name"], "AAAA" in str(refused.value.details)) == (True, False)
    with pytest.raises(WrongSetting):  # another app's certificate
        ways(PRODUCTION | alipay | files | {"KAIBO_ALIPAY_APP_CERTIFICATE": certificate(key_of("stranger"), 7)})
