"""Which ways to pay this installation has, and the key addresses are sealed for: made from the settings, for all processes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from kaibo.channels.pay_sandbox.channel import Channel as Sandbox
from kaibo.channels.pay_sandbox.channel import Settings as SandboxSettings
from kaibo.config.env import Env, WrongSetting, read_env
from kaibo.config.pay_companies import alipay_pay, wechat_pay
from kaibo.config.secret import secret_key
from kaibo.database.address import address
from kaibo.kit import sealed_box
from kaibo.kit.payments import PayChannel
from kaibo.room.claim_life import ADDRESSES


def pay_channels(env: Env, dsn: str, environ: Mapping[str, str] | None = None) -> Mapping[str, PayChannel]:
    """
    This function will give the ways to pay by key, as a buyer is offered them; the sandbox wallet only outside production.

    Raises: WrongSetting.
    """
    companies: list[PayChannel | None] = [wechat_pay(env, environ), alipay_pay(env, environ)]
    channels = [channel for channel in companies if channel is not None]
    if env.is_production and channels and not env.room_url.startswith("https://"):
        raise WrongSetting(name="KAIBO_ROOM_URL", value=env.room_url, wanted="支付通知只发到 https 地址 / companies call only https addresses")
    if not env.is_production:
        channels.append(sandbox(env, dsn))
    return {channel.key: channel for channel in channels}


def sandbox(env: Env, dsn: str) -> Sandbox:
    secret = hmac.new(secret_key(env).encode(), b"kaibo.pay_sandbox", hashlib.sha256).digest()
    return Sandbox(SandboxSettings(secret, dsn))


def channels_of_settings() -> Mapping[str, PayChannel]:
    """This function will give the ways to pay to the back of house (`plumbing.payments`)."""
    env = read_env()
    return pay_channels(env, address(env))


def address_public_key(env: Env) -> bytes:
    """This function will give the half of the addresses' key that the room needs: it closes boxes, it opens none."""
    return sealed_box.public_key(sealed_box.private_key(secret_key(env), ADDRESSES))
