"""Platforms that call couriers by codes of their own and tell which: a courier is found in their list by its name, asked for once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kaibo.kit.couriers import COURIERS, courier_of
from kaibo.kit.shop_complaints import ShopRefused

NAMES = {one.key: one.zh for one in COURIERS}
"""For `ShopKind.courier_codes`: couriers go through by their names, and the list turns them into codes."""


class CourierList:
    """One platform's couriers, by name; `ask` gives its list."""

    def __init__(self, channel: str, ask: Callable[[], Mapping[str, str]]) -> None:
        self._channel, self._ask = channel, ask
        self._codes: Mapping[str, str] = {}

    def code_of(self, wanted: str) -> str:
        """
        This function will give a courier's code: a code typed as such, or that of the name it goes by, else of the shortest
        name it stands in (中通 is 中通快递, not 中通快运).   Raises: ShopRefused.
        """
        if wanted.isascii():
            return wanted
        self._codes = self._codes or self._ask()
        known = courier_of(wanted)
        own = {known.zh, *known.also} if known else {wanted}
        found = [code for name, code in sorted(self._codes.items(), key=lambda pair: (pair[0] not in own, len(pair[0]))) if wanted in name]
        if not found:
            raise ShopRefused(channel=self._channel, why=f"平台没有这家快递公司：{wanted[:20]} / no such courier there", sub_code="courier")
        return found[0]
