"""The settings of WeChat Pay and Alipay: both stay away while their first setting is empty, and are refused by name when wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from kaibo.channels import rsa
from kaibo.channels.pay_alipay import certificates
from kaibo.channels.pay_alipay import channel as alipay
from kaibo.channels.pay_alipay.certificates import Certificates
from kaibo.channels.pay_wechat import channel as wechat
from kaibo.config.env import Env, WrongSetting, setting

Key = TypeVar("Key")
NOTICE_KEY_BYTES = 32


def wechat_pay(env: Env, environ: Mapping[str, str] | None = None) -> wechat.Channel | None:
    """This function will give WeChat Pay, or None when this installation has none.   Raises: WrongSetting."""
    merchant = setting("KAIBO_WECHAT_MERCHANT", "", environ)
    if not merchant:
        return None
    notice_key = _needed("KAIBO_WECHAT_NOTICE_KEY", environ).encode()
    if len(notice_key) != NOTICE_KEY_BYTES:
        raise WrongSetting(name="KAIBO_WECHAT_NOTICE_KEY", value="…", wanted="APIv3 密钥，32 个字符 / the APIv3 key, 32 characters")
    phone_page = setting("KAIBO_WECHAT_PHONE_PAGE", "yes", environ)
    if phone_page not in {"yes", "no"}:
        raise WrongSetting(name="KAIBO_WECHAT_PHONE_PAGE", value=phone_page, wanted="yes | no")
    return wechat.Channel(
        wechat.Settings(
            merchant=merchant,
            app=_needed("KAIBO_WECHAT_APP", environ),
            serial=_needed("KAIBO_WECHAT_CERTIFICATE_SERIAL", environ),
            private_key=_key("KAIBO_WECHAT_PRIVATE_KEY", rsa.private_key, environ),
            notice_key=notice_key,
            platform_keys=_platform_keys(environ),
            has_phone_page=phone_page == "yes",
            app_secret=setting("KAIBO_WECHAT_APP_SECRET", "", environ),
            api_url=_url(env, "KAIBO_WECHAT_URL", wechat.API_URL, environ),
        )
    )


def _platform_keys(environ: Mapping[str, str] | None) -> Mapping[str, RSAPublicKey]:
    """One public key under its PUB_KEY_ID, or certificates under their serial numbers, or all of them while WeChat changes over."""
    text = _needed("KAIBO_WECHAT_PLATFORM_KEYS", environ)
    name = setting("KAIBO_WECHAT_PLATFORM_KEY_ID", "", environ)
    wanted = "微信支付公钥或平台证书，PEM / WeChat Pay's public key or platform certificates, PEM"
    try:
        keys = dict(rsa.certificate_keys(text))
        if name:
            keys[name] = rsa.public_key(text[text.index("-----BEGIN PUBLIC KEY-----") :])
    except ValueError:
        raise WrongSetting(name="KAIBO_WECHAT_PLATFORM_KEYS", value="…", wanted=wanted) from None
    if not keys:
        raise WrongSetting(name="KAIBO_WECHAT_PLATFORM_KEY_ID", value=name, wanted="PUB_KEY_ID_…")
    return keys


def alipay_pay(env: Env, environ: Mapping[str, str] | None = None) -> alipay.Channel | None:
    """This function will give Alipay, or None when this installation has none.   Raises: WrongSetting."""
    app = setting("KAIBO_ALIPAY_APP", "", environ)
    if not app:
        return None
    private_key = _key("KAIBO_ALIPAY_PRIVATE_KEY", rsa.private_key, environ)
    files = _alipay_certificates(private_key, environ)
    return alipay.Channel(
        alipay.Settings(
            app=app,
            private_key=private_key,
            alipay_key=None if files else _key("KAIBO_ALIPAY_PUBLIC_KEY", rsa.public_key, environ),
            certificates=files,
            seller=setting("KAIBO_ALIPAY_SELLER", "", environ),
            gateway=_url(env, "KAIBO_ALIPAY_URL", alipay.GATEWAY, environ),
        )
    )


def _alipay_certificates(private_key: RSAPrivateKey, environ: Mapping[str, str] | None) -> Certificates | None:
    """The three files of certificate mode, or None while the app's own is not set."""
    ours = setting("KAIBO_ALIPAY_APP_CERTIFICATE", "", environ)
    if not ours:
        return None
    root, alipays = (_needed(name, environ) for name in ("KAIBO_ALIPAY_ROOT_CERTIFICATE", "KAIBO_ALIPAY_CERTIFICATE"))
    try:
        return certificates.read(app=ours, root=root, alipay=alipays, key=private_key)
    except ValueError:
        wanted = (
            "三个证书文件（PEM），应用公钥证书须与应用私钥成对 / three certificate files (PEM); "
            "the app's belongs to its private key"
        )
        name = "KAIBO_ALIPAY_APP_CERTIFICATE, KAIBO_ALIPAY_ROOT_CERTIFICATE, KAIBO_ALIPAY_CERTIFICATE"
        raise WrongSetting(name=name, value="…", wanted=wanted) from None


def _needed(name: str, environ: Mapping[str, str] | None) -> str:
    value = setting(name, "", environ)
    if not value:
        raise WrongSetting(name=name, value="", wanted="不能为空 / must not be empty")
    return value


def _key(name: str, read: Callable[[str], Key], environ: Mapping[str, str] | None) -> Key:
    text = _needed(name, environ)
    try:
        return read(text)
    except ValueError:
        wanted = "RSA 密钥，2048 位或更长，PEM 或 base64 / an RSA key of 2048 bits or more, PEM or base64"
        raise WrongSetting(name=name, value="…", wanted=wanted) from None


def _url(env: Env, name: str, default: str, environ: Mapping[str, str] | None) -> str:
    value = setting(name, default, environ).rstrip("/")
    if not value.startswith("https://") and (env.is_production or not value.startswith("http://")):
        raise WrongSetting(name=name, value=value, wanted="https://…")
    return value
