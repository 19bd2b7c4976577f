"""Shopify as a shop channel."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlencode

from kaibo.channels import calling
from kaibo.channels.asking import Asker, Pace, json_object
from kaibo.channels.raw import inner, items, last_second, text, whole
from kaibo.channels.reading_pages import read_each, read_order
from kaibo.channels.sealed_receivers import READABLE
from kaibo.channels.shipping_once import ship_once, units_to_send
from kaibo.channels.shop_shopify import push, reading
from kaibo.channels.unoffered import Unoffered
from kaibo.kit.couriers import COURIERS
from kaibo.kit.shop_channels import (
    AccountField,
    Can,
    Capabilities,
    CasePage,
    Grant,
    Hint,
    Lack,
    OrderPage,
    ParcelTaken,
    ParcelWrite,
    PlatformOrder,
    PushAnswer,
    ShopChannel,
    ShopKind,
    StockRead,
    StockWrite,
    Window,
    calls_per_second,
    gateway,
    required,
)
from kaibo.kit.shop_complaints import ShopRefused, ShopSettingWrong, ShopTokenExpired, ShopUnreadable

NAME = "Shopify"
VERSION = "2025-01"
CAPABILITIES = Capabilities(
    can=frozenset(Can) - {Can.STOCK_DELTA, Can.REFRESH_GRANT},
    longest_window=timedelta(days=7),
    page_rows=100,
    unverified=("api_version",),
)
FIELDS = (
    AccountField("gateway", "店铺后台地址，如 https://example.myshopify.com", "the shop's address, such as https://example.myshopify.com"),
    AccountField("access_token", "Admin API 访问令牌", "Admin API access token", is_secret=True),
    AccountField("client_secret", "应用 Client secret（用推送才填）", "client secret (only for pushes)", is_secret=True, is_required=False),
    AccountField("old_client_secret", "刚换下的 Client secret（一小时内仍会用它签名）", "the client secret before (still signs for an hour)", is_secret=True, is_required=False),
    AccountField("location_id", "发布库存的地点 ID（发布库存才填）", "id of the location for stock (only to publish stock)", is_required=False),
    AccountField("calls_per_second", "每秒最多调用（Standard 2、Advanced 4、Plus 20）", "calls per second (Standard 2, Advanced 4, Plus 20)", default="2"),
    AccountField("api_version", "接口版本（未证实）", "version of the API (unverified)", default=VERSION),
)
_NEXT = re.compile(r'<[^>]*[?&]page_info=([^&>]+)[^>]*>;\s*rel="next"')
_VERSION = re.compile(r"\d{4}-\d{2}|unstable")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shop's owner got from Shopify."""

    gateway: str
    access_token: str = field(repr=False)
    client_secret: str = field(default="", repr=False)
    old_client_secret: str = field(default="", repr=False)
    location_id: str = ""
    calls_per_second: float = 2.0
    api_version: str = VERSION


class Channel(Unoffered):
    """One Shopify shop."""

    key = "shopify"
    title = NAME
    capabilities = CAPABILITIES

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._asker = Asker(NAME, Pace(settings.calls_per_second))

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def order_page(self, window: Window, *, following: str = "", now: datetime) -> OrderPage:
        rows, after = self._rows(window, following)
        orders, refused = read_each(rows, reading.order_of, "id")
        return OrderPage(orders, after, refused)

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        told = self._read(f"orders/{quote(order_no, safe='')}.json")
        return read_order(NAME, inner(told, "order"), reading.order_of, "id", order_no=order_no)

    def case_page(self, window: Window, *, following: str = "", now: datetime) -> CasePage:
        """Refunds come with their orders, which change by them."""
        rows, after = self._rows(window, following)
        found, refused = read_each(rows, reading.cases_of, "id")
        return CasePage(tuple(case for cases in found for case in cases), after, refused)

    def _rows(self, window: Window, following: str) -> tuple[list[Mapping[str, Any]], str | None]:
        """A page of orders and the cursor behind it; a cursor stands for all that was asked for, and nothing else may be said with it."""
        by = "updated" if window.by == "changed" else "created"
        asked = {
            "status": "any", f"{by}_at_min": _iso(int(window.begin.timestamp())), f"{by}_at_max": _iso(last_second(window.end)), "order": f"{by}_at asc",
        }  # fmt: skip
        told = {"limit": str(CAPABILITIES.page_rows), **({"page_info": following} if following else asked)}
        answer = self._asker.patiently(lambda: self._ask("GET", "orders.json", told))
        after = _NEXT.search(answer.headers.get("link", ""))
        return items(json_object(NAME, answer).get("orders")), unquote(after.group(1)) if after else None

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def set_stock(self, write: StockWrite, *, now: datetime) -> StockRead:
        """Absolute, at one location; then read back."""
        location = self.settings.location_id
        if not location.isdecimal():
            raise ShopSettingWrong(name="发布库存的地点 ID / id of the location for stock", wanted="Shopify 后台“地点”里的数字 / the number in the shop's locations")
        item = text(inner(self._read(f"variants/{quote(write.sku_id, safe='')}.json"), "variant").get("inventory_item_id"))
        if not item.isdecimal():
            raise ShopUnreadable(channel=NAME, why="inventory_item_id")
        told = {"location_id": int(location), "inventory_item_id": int(item), "available": write.units}
        self._asker.patiently(lambda: self._ask("POST", "inventory_levels/set.json", body=told))
        levels = items(self._read("inventory_levels.json", {"inventory_item_ids": item, "location_ids": location}).get("inventory_levels"))
        if len(levels) != 1:
            raise ShopUnreadable(channel=NAME, why="inventory_levels")
        return StockRead(whole(levels[0]["available"]))

    def ship(self, parcel: ParcelWrite, *, now: datetime) -> ParcelTaken:
        """What is to be sent stands in fulfilment orders, by places: the parcel takes its units out of them."""

        def send(order: PlatformOrder) -> str:
            left = dict(units_to_send(parcel, order))
            open_ones = items(self._read(f"orders/{parcel.order_no}/fulfillment_orders.json").get("fulfillment_orders"))
            parts = [part for one in open_ones if (part := _taken_from(one, left))]
            if not parts or any(left.values()):
                raise ShopRefused(channel=NAME, why="没有这么多件可发 / not so many units left to send", sub_code="fulfillment_orders")
            told = {"line_items_by_fulfillment_order": parts, "tracking_info": {"number": parcel.tracking_no, "company": parcel.carrier_code}, "notify_customer": False}
            answer = self._ask("POST", "fulfillments.json", body={"fulfillment": told})
            return text(inner(json_object(NAME, answer), "fulfillment").get("id"))

        return ship_once(self._asker, parcel, look=lambda: self.order(parcel.order_no, now=now), send=send)

    # ── pushes ────────────────────────────────────────────────────────────────────────────────────────────────────

    def read_push(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Sequence[Hint]:
        return push.read((self.settings.client_secret, self.settings.old_client_secret), headers, body)

    def answer_push(self, problem: str | None) -> PushAnswer:
        return push.answer(problem)

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, path: str, query: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        return json_object(NAME, self._asker.patiently(lambda: self._ask("GET", path, query)))

    def _ask(self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None) -> calling.Answer:
        """One call.   Raises: ShopThrottled (429), ShopAway (5xx), ShopTokenExpired (401), ShopRefused."""
        url = f"{self.settings.gateway}/admin/api/{self.settings.api_version}/{path}{'?' + urlencode(query) if query else ''}"
        headers = {"X-Shopify-Access-Token": self.settings.access_token, "Accept": "application/json"}
        content = None
        if body is not None:
            headers["Content-Type"], content = "application/json", json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        answer = self._asker.get_answer(method, url, headers=headers, body=content)
        if answer.status < 300:
            return answer
        errors = json_object(NAME, answer).get("errors") if answer.body else ""
        said = errors if isinstance(errors, str) else json.dumps(errors, ensure_ascii=False)
        why = f"{said[:120]}（{answer.status}）"
        if answer.status == 401:
            raise ShopTokenExpired(channel=NAME, why=why)
        raise ShopRefused(channel=NAME, why=why, sub_code=str(answer.status))


def _taken_from(raw: Mapping[str, Any], left: dict[str, int]) -> dict[str, Any] | None:
    """What of a fulfilment order goes into the parcel; `left` is lowered by it."""
    if text(raw.get("status")) not in {"open", "in_progress"}:
        return None
    content = []
    for one in items(raw.get("line_items")):
        number = text(one.get("line_item_id"))
        units = min(left.get(number, 0), whole(one.get("fulfillable_quantity")))
        if units > 0:
            left[number] -= units
            content.append({"id": whole(one.get("id")), "quantity": units})
    return {"fulfillment_order_id": whole(raw.get("id")), "fulfillment_order_line_items": content} if content else None


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _make(given: Mapping[str, str], grant: Grant | None) -> ShopChannel:
    told = required(given, FIELDS)
    if not _VERSION.fullmatch(told["api_version"]):
        raise ShopSettingWrong(name="接口版本 / version of the API", wanted=VERSION)
    return Channel(
        Settings(
            gateway(told), told["access_token"], told["client_secret"], told["old_client_secret"], told["location_id"], calls_per_second(told),
            told["api_version"],
        )
    )  # fmt: skip


COURIER_NAMES = {one.key: one.zh for one in COURIERS}
"""A courier is free text there: what the buyer reads beside the number."""
LACKS = (Lack(Can.REFRESH_GRANT, "令牌长期有效，不用续", "its token does not end"),)
KIND = ShopKind(
    "shopify", NAME, NAME, FIELDS, CAPABILITIES, _make, reading.state_of, reading.holds_of, COURIER_NAMES, lacks=LACKS, receivers=READABLE,
)
