"""What a platform does not offer, or not in a way that is proven: said as such, never done silently in another way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from kaibo.kit.shop_channels import (
    CasePage,
    Grant,
    Hint,
    ParcelTaken,
    ParcelWrite,
    PlatformOrder,
    PushAnswer,
    StockRead,
    StockWrite,
    Window,
)
from kaibo.kit.shop_complaints import ShopCannot


class Unoffered:
    """A shop channel that can do nothing; a channel inherits what its platform does not offer."""

    title = ""

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        raise self._cannot("按单号读取 / reading one order")

    def case_page(self, window: Window, *, following: str = "", now: datetime) -> CasePage:
        raise self._cannot("读取售后 / reading after-sales")

    def set_stock(self, write: StockWrite, *, now: datetime) -> StockRead:
        raise self._cannot("设置库存 / setting stock")

    def ship(self, parcel: ParcelWrite, *, now: datetime) -> ParcelTaken:
        raise self._cannot("发货 / shipping")

    def read_push(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Sequence[Hint]:
        raise self._cannot("接收推送 / pushes")

    def answer_push(self, problem: str | None) -> PushAnswer:
        raise self._cannot("接收推送 / pushes")

    def new_grant(self, code: str, *, now: datetime) -> Grant:
        raise self._cannot("换取授权 / authorising")

    def refreshed_grant(self, grant: Grant, *, now: datetime) -> Grant:
        raise self._cannot("刷新授权，请重新填写 / renewing the authorisation, enter it again")

    def _cannot(self, what: str) -> ShopCannot:
        return ShopCannot(channel=self.title, what=what)
