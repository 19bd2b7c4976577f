"""Platforms that call couriers by numbers nobody proves: which number is which courier's is a setting, `shunfeng=467,yunda=1327`. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kaibo.kit.couriers import COURIERS
from kaibo.kit.shop_channels import AccountField
from kaibo.kit.shop_complaints import ShopRefused, ShopSettingWrong

KEY = "couriers"
BY_KEY = {one.key: one.key for one in COURIERS}
"""For `ShopKind.courier_codes`: every courier goes through by its key, and the account's setting turns it into a number."""


def courier_field(default: str = "") -> AccountField:
    return AccountField(
        KEY, "快递公司编号，如 shunfeng=467,yunda=1327（未证实）", "couriers' numbers, such as shunfeng=467,yunda=1327 (unverified)",
        is_required=False, default=default,
    )  # fmt: skip


def read_numbers(told: Mapping[str, str]) -> dict[str, str]:
    """This function will read the setting.   Raises: ShopSettingWrong."""
    numbers = {}
    for part in filter(None, (part.strip() for part in told[KEY].replace("，", ",").split(","))):
        courier, _, number = part.partition("=")
        if not number.strip().isdecimal():
            raise ShopSettingWrong(name="快递公司编号 / couriers' numbers", wanted="shunfeng=467,yunda=1327")
        numbers[courier.strip()] = number.strip()
    return numbers


def number_of(channel: str, carrier_code: str, numbers: Mapping[str, str]) -> str:
    """This function will give a courier's number; a number typed as such goes through.   Raises: ShopRefused (nobody gave one)."""
    number = carrier_code if carrier_code.isdecimal() else numbers.get(carrier_code, "")
    if not number:
        raise ShopRefused(channel=channel, why=f"{carrier_code[:20]}：账号设置里没有它的快递公司编号 / no courier's number in the account", sub_code="courier")
    return number
