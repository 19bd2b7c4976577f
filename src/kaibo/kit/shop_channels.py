"""
What every shop channel 店铺渠道 speaks, whichever platform stands behind it: orders as they are there, in our words.

Three axes that are never folded into one (facts/platforms §5.1): where an order is (`OrderState`), why it must not leave
now (`OrderHold`), what after-sales does with it (`CaseState`); beside them the platform's own word, verbatim. Money is in
fen, moments are UTC and aware, numbers of orders are texts. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable

from kaibo.kit.shop_complaints import ShopSettingWrong

MOST_CALLS_PER_SECOND = 100_000.0


class OrderState(StrEnum):
    """Where an order is, by the same names as in the orders stage; `UNKNOWN` is a word we do not know, never a guess."""

    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class OrderHold(StrEnum):
    """Why the platform says an order must not leave now; holds outrank the state.   Source: facts/platforms §0.8."""

    RISK_REVIEW = "risk_review"
    GROUP_PENDING = "group_pending"
    PRESALE_BALANCE = "presale_balance"
    ADDRESS_CHANGE = "address_change"
    AFTERSALE_OPEN = "aftersale_open"
    PLATFORM_FORBID = "platform_forbid"


class CaseState(StrEnum):
    """Where an after-sales case is."""

    REQUESTED = "requested"
    APPROVED_REFUND = "approved_refund"
    APPROVED_RETURN = "approved_return"
    BUYER_SHIPPED = "buyer_shipped"
    RECEIVED = "received"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    REJECTED = "rejected"
    BUYER_CANCELLED = "buyer_cancelled"
    CLOSED = "closed"
    ARBITRATION = "arbitration"
    EXCHANGE_SHIPPING = "exchange_shipping"
    EXCHANGED = "exchanged"
    REPAIR = "repair"
    UNKNOWN = "unknown"


class CaseKind(StrEnum):
    """What the buyer wants."""

    REFUND_UNSHIPPED = "refund_unshipped"
    REFUND_SHIPPED = "refund_shipped"
    RETURN_REFUND = "return_refund"
    EXCHANGE = "exchange"
    RESHIP = "reship"
    REPAIR = "repair"
    PRICE_PROTECT = "price_protect"
    UNKNOWN = "unknown"


# ── what is read ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class PlatformReceiver:
    """Who receives it: the platform's ciphertext as it is, and what it lets us show. Nothing of it is in a `repr`."""

    name: str = field(default="", repr=False)
    """Readable, masked or ciphertext, as the platform gives it; so are the next two."""
    phone: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    shown_name: str = field(default="", repr=False)
    """The platform's own mask (张*), empty where it gives none; so are the next two."""
    shown_phone: str = field(default="", repr=False)
    shown_address: str = field(default="", repr=False)
    province: str = ""
    city: str = ""
    area: str = ""
    street: str = field(default="", repr=False)
    is_sealed: bool = False
    """Ciphertext that does not look like it: nobody must take it for a name."""

    @property
    def is_empty(self) -> bool:
        return not (self.name or self.phone or self.address)


@dataclass(frozen=True, slots=True)
class PlatformLine:
    """One item of an order."""

    line_no: str
    title: str
    specification: str
    code: str
    """The merchant's own code 商家编码, empty where it gave none."""
    product_id: str
    sku_id: str
    quantity: int
    price_fen: int
    amount_fen: int
    raw_status: str
    state: OrderState
    shipped: int = 0
    raw_aftersale: str = ""
    holds: frozenset[OrderHold] = frozenset()
    is_gift: bool = False
    room_id: str = ""
    """The live room it was sold in."""
    author_id: str = ""


@dataclass(frozen=True, slots=True)
class PlatformParcel:
    """A parcel the platform knows of."""

    tracking_no: str
    carrier: str
    shipped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlatformOrder:
    """An order as the platform shows it now. `updated_at` is its version: older never overwrites newer."""

    order_no: str
    raw_status: str
    state: OrderState
    lines: tuple[PlatformLine, ...]
    amount_fen: int
    freight_fen: int
    ordered_at: datetime
    updated_at: datetime
    holds: frozenset[OrderHold] = frozenset()
    """Of the order as a whole; those of a line stand there."""
    paid_at: datetime | None = None
    promised_at: datetime | None = None
    shipped_at: datetime | None = None
    finished_at: datetime | None = None
    cancel_reason: str = ""
    receiver: PlatformReceiver = field(default_factory=PlatformReceiver, repr=False)
    parcels: tuple[PlatformParcel, ...] = ()
    parent_no: str = ""
    """Set where the platform split another order into this one."""
    is_split: bool = False  # into others: its goods and money are theirs, and counted there
    currency: str = "CNY"

    def has_parcel(self, tracking_no: str) -> bool:
        """This function will say whether a parcel stands there already: then a platform's no only means that it left before."""
        return any(one.tracking_no == tracking_no for one in self.parcels)


@dataclass(frozen=True, slots=True)
class PlatformCase:
    """An after-sales case as the platform shows it now; money in fen, the deadline always a moment."""

    case_no: str
    order_no: str
    line_no: str
    kind: CaseKind
    raw_status: str
    state: CaseState
    refund_fen: int
    quantity: int
    requested_at: datetime
    updated_at: datetime
    refund_freight_fen: int = 0
    """As the platform tells it; whether it is part of `refund_fen` differs."""
    decide_by: datetime | None = None
    is_arbitrated: bool = False
    return_tracking_no: str = ""
    is_refunded: bool = False
    currency: str = "CNY"
    reason: str = ""
    """Why the buyer asks, where the list says so, in the platform's words."""


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time orders were made or changed in."""

    begin: datetime
    end: datetime
    by: Literal["changed", "made"] = "changed"


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of a window; `following` asks for the next one, None ends it."""

    orders: tuple[PlatformOrder, ...]
    following: str | None
    refused: tuple[Unread, ...] = ()
    """What stood on the page and could not be read: never dropped silently."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Something a platform sent that is not what it promised."""

    number: str
    why: str


@dataclass(frozen=True, slots=True)
class CasePage:
    cases: tuple[PlatformCase, ...]
    following: str | None
    refused: tuple[Unread, ...] = ()


# ── what is written ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StockWrite:
    """How many units of an item a platform may sell from now on. The same `request_id` twice is once."""

    product_id: str
    sku_id: str
    units: int
    request_id: str


@dataclass(frozen=True, slots=True)
class StockRead:
    """What the platform says it has after a write: `units` sellable (None: it cannot be asked), `held` promised to unpaid orders."""

    units: int | None
    held: int = 0


@dataclass(frozen=True, slots=True)
class ParcelWrite:
    """A parcel that leaves: of the whole order, or of (line number, units) where only a part leaves."""

    order_no: str
    carrier_code: str
    """The platform's own code or number of the courier."""
    tracking_no: str
    request_id: str
    lines: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ParcelTaken:
    """The platform knows the parcel; `is_repeat` when it knew it before this call."""

    is_repeat: bool = False
    parcel_id: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a shop's owner allowed us: tokens and how long they hold. Nothing secret is in a `repr`."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    shop_id: str = ""
    shop_name: str = ""


# ── what is pushed ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Hint:
    """A push says something happened to an order or a case: what happened is asked for, never taken from the push."""

    about: Literal["order", "case", "other"]
    number: str
    topic: str
    message_id: str
    """Equal for the same push sent twice."""
    is_about_cases: bool = False  # an order is named, and its after-sales are what changed


PUSH_PATH = ":path"
"""Among a push's headers: the path and query it came to, since some platforms sign there. No real header can have this name."""


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """The words a platform wants to hear back, so that it stops pushing (or pushes again)."""

    status: int
    content_type: str
    body: bytes


# ── what a channel can do ─────────────────────────────────────────────────────────────────────────────────────────────


class Can(StrEnum):
    """What a platform offers and its channel does."""

    READ_CHANGED = "read_changed"
    READ_MADE = "read_made"
    READ_ONE = "read_one"
    READ_UNPAID = "read_unpaid"
    READ_CASES = "read_cases"
    STOCK_ABSOLUTE = "stock_absolute"
    STOCK_DELTA = "stock_delta"
    STOCK_READ = "stock_read"
    SHIP = "ship"
    SHIP_PART = "ship_part"
    """Some lines of an order leave before the others."""
    SHIP_UNITS = "ship_units"
    """Some units of a line leave before the others."""
    PUSH = "push"
    REFRESH_GRANT = "refresh_grant"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, and the limits its platform sets to reading."""

    can: frozenset[Can]
    longest_window: timedelta
    page_rows: int
    settle: timedelta = timedelta(0)
    """How long before now a window must end, because the platform's own lists lag behind."""
    overlap: timedelta = timedelta(minutes=5)
    """How far a window reaches back into the one before it."""
    unverified: tuple[str, ...] = ()
    """Settings of the channel that rest on no public proof, by name: shown as such."""
    longest_made_window: timedelta | None = None
    """Where windows by order time may be longer than those by change."""

    def longest(self, by: Literal["changed", "made"]) -> timedelta:
        """This function will give how long one window may be."""
        return (by == "made" and self.longest_made_window) or self.longest_window


@dataclass(frozen=True, slots=True)
class AccountField:
    """Something the shop's owner got from the platform and types in once."""

    key: str
    zh: str
    en: str
    is_secret: bool = False
    is_required: bool = True
    default: str = ""


@dataclass(frozen=True, slots=True)
class Lack:
    """What a platform does not do, or not wholly, and why; what to do instead follows from `what`."""

    what: Can
    zh: str
    en: str


class ShopChannel(Protocol):
    """
    One shop's account on one platform. Plain functions that call out over the network; several threads may call them.

    All raise: ShopThrottled, ShopTokenExpired, ShopSignatureRefused, ShopRefused, ShopAway, ShopUnreadable; what
    `capabilities.can` leaves out raises ShopCannot.
    """

    key: str
    capabilities: Capabilities

    def order_page(self, window: Window, *, following: str = "", now: datetime) -> OrderPage:
        """This function will give one page of the orders of a window; nothing of the window is lost while it changes."""
        ...

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        """This function will give one order as it is now, for a hint or right before shipping."""
        ...

    def case_page(self, window: Window, *, following: str = "", now: datetime) -> CasePage:
        """This function will give one page of the after-sales cases of a window."""
        ...

    def set_stock(self, write: StockWrite, *, now: datetime) -> StockRead:
        """This function will set what may be sold and read back what stands there."""
        ...

    def ship(self, parcel: ParcelWrite, *, now: datetime) -> ParcelTaken:
        """This function will tell the platform of a parcel, once however often it is told."""
        ...

    def read_push(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Sequence[Hint]:
        """This function will give what a push hints at.   Raises: PushForged, PushUnreadable."""
        ...

    def answer_push(self, problem: str | None) -> PushAnswer:
        """This function will give the words the platform wants to hear; a `problem` makes it push again."""
        ...

    def new_grant(self, code: str, *, now: datetime) -> Grant:
        """This function will turn an authorisation code into tokens."""
        ...

    def refreshed_grant(self, grant: Grant, *, now: datetime) -> Grant:
        """This function will renew tokens before they end."""
        ...


@runtime_checkable
class GreetsPushes(Protocol):
    """A channel whose platform tries a new address out by asking (GET) before it pushes there."""

    def greet_push(self, headers: Mapping[str, str], *, now: datetime) -> PushAnswer:
        """This function will give the words that prove the address is ours.   Raises: PushForged."""
        ...


class CanSpare(Protocol):
    """Whether an order that a list shows (number, version where the list says it, the window it is listed in) needs no reading."""

    def __call__(self, number: str, version: datetime | None, listed: Window) -> bool: ...


@runtime_checkable
class ReadsOneByOne(Protocol):
    """A channel whose lists give little more than numbers: each order is a call of its own, so known ones are spared."""

    can_spare: CanSpare


def spare_none(number: str, version: datetime | None, listed: Window) -> bool:
    """This function will spare no order: whoever knows nothing reads everything."""
    return False


@dataclass(frozen=True, slots=True)
class ShopKind:
    """A platform Kaibo can connect to, before any account: what it wants to know and how a channel is made."""

    key: str
    title_zh: str
    title_en: str
    fields: tuple[AccountField, ...]
    capabilities: Capabilities
    make: Callable[[Mapping[str, str], Grant | None], ShopChannel]
    """Account settings by key, and the grant where there is one.   Raises: ShopSettingWrong."""
    state_of: Callable[[str], OrderState]
    """A verbatim status of this platform, of an order or a line, in our words."""
    holds_of: Callable[[str, str], frozenset[OrderHold]]
    """The holds a verbatim status and a verbatim after-sales word stand for."""
    courier_codes: Mapping[str, str] = field(default_factory=dict)
    """The platform's own code or number of each courier, by the keys of `kit.couriers`; what is not here is asked of people."""
    lacks: tuple[Lack, ...] = ()
    receivers: tuple[str, str] = ("", "")  # what a shop sees of the people it sends to and how parcels leave all the same: zh, en


def required(settings: Mapping[str, str], fields: Sequence[AccountField]) -> dict[str, str]:
    """This function will give the settings of an account, complete with defaults.   Raises: ShopSettingWrong."""
    given: dict[str, str] = {}
    for one in fields:
        value = str(settings.get(one.key, "") or one.default).strip()
        if one.is_required and not value:
            raise ShopSettingWrong(name=one.zh, wanted="不能为空 / must not be empty")
        given[one.key] = value
    return given


def calls_per_second(settings: Mapping[str, str]) -> float:
    """This function will read how many calls a second an account allows.   Raises: ShopSettingWrong."""
    try:
        rate = float(settings["calls_per_second"])
    except ValueError:
        rate = 0.0
    if not 0 < rate <= MOST_CALLS_PER_SECOND:  # nan is refused too
        raise ShopSettingWrong(name="每秒最多调用 / calls per second", wanted="0.1–100000")
    return rate


def gateway(settings: Mapping[str, str]) -> str:
    """This function will read the address an account's platform is called at.   Raises: ShopSettingWrong."""
    address = settings["gateway"].rstrip("/")
    if not address.startswith(("https://", "http://")):
        raise ShopSettingWrong(name="网关地址 / gateway", wanted="https://…")
    return address
