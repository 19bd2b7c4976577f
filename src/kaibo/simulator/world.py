"""
What happens in one shop: buyers order, pay or do not, parcels leave in one piece or two, some come back. All of it is
decided by a seed beforehand; time passing only makes it come true, so that the same seed tells the same story.
"""

from __future__ import annotations

import heapq
import random
import threading
from bisect import bisect_left, insort
from dataclasses import dataclass, field

GOODS = (
    ("短款羊毛双面呢外套", "KB-2417", 59_900), ("高腰直筒牛仔裤", "KB-1102", 18_900), ("纯棉基础款圆领T恤", "KB-0077", 6_900),
    ("羊绒围巾礼盒", "KB-3300", 29_900), ("防水冲锋衣三合一", "KB-4420", 79_900), ("加绒打底裤", "KB-0560", 8_880),
)  # fmt: skip
VARIANTS = (("黑色", "M"), ("黑色", "L"), ("米白", "M"), ("米白", "L"))
PLACES = (
    ("浙江省", "杭州市", "西湖区", "文三路"), ("广东省", "广州市", "天河区", "体育西路"), ("四川省", "成都市", "武侯区", "人民南路"),
    ("上海市", "上海市", "静安区", "南京西路"), ("湖北省", "武汉市", "洪山区", "珞喻路"),
)  # fmt: skip
NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
UNPAID_SECONDS = 1_800
PROMISE_SECONDS = 48 * 3_600


@dataclass(slots=True)
class Item:
    """Something for sale, with what the platform may sell of it."""

    product: int
    sku: int
    code: str
    title: str
    variant: tuple[str, str]
    price_fen: int
    stock: int = 1_000


@dataclass(slots=True)
class Line:
    number: int
    item: Item
    units: int
    paid_fen: int
    sent: int = 0
    case: Case | None = None


@dataclass(slots=True)
class Parcel:
    number: str
    carrier: str
    sent_at: int
    content: list[tuple[int, int]]
    request: str = ""


LOGGED = ("made_at", "changed_at", "paid_at")


@dataclass(slots=True)
class Case:
    """An after-sales case. `stage`: asked, agreed, sent_back, refunded, withdrawn, exchanging."""

    number: int
    order: int
    line: int
    kind: str
    stage: str
    refund_fen: int
    asked_at: int
    changed_at: int


@dataclass(slots=True)
class Order:
    """`stage`: unpaid, review, paid, part_sent, sent, done, cancelled, split (into others); one that is sent may have been signed for."""

    number: int
    lines: list[Line]
    buyer: tuple[str, str, str]
    place: tuple[str, str, str, str]
    made_at: int
    freight_fen: int = 0
    stage: str = "unpaid"
    changed_at: int = 0
    paid_at: int = 0
    sent_at: int = 0
    signed_at: int = 0
    done_at: int = 0
    why_cancelled: str = ""
    parcels: list[Parcel] = field(default_factory=list)
    is_strange: bool = False
    is_bare: bool = False
    parent: int = 0
    """The order it was split off from."""
    log: list[tuple[int, int]] | None = None
    """Where the world writes down when something happened to which order."""

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if name in LOGGED and (log := getattr(self, "log", None)) is not None:
            insort(log, (value, self.number))

    @property
    def paid_fen(self) -> int:
        return sum(line.paid_fen for line in self.lines) + self.freight_fen


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to an order: what a platform would push."""

    what: str
    at: int
    order: Order
    case: Case | None = None


class World:
    """The shop. `advance` lets time pass; everything else reads or does what a merchant may do."""

    def __init__(
        self, seed: int, *, begin: int, seconds: int, orders: int, strange: int = 0, bare: int = 0, most_lines: int = 3, sends_parts: bool = True,
        splits: int = 0,
    ) -> None:
        self.lock = threading.RLock()
        self.now = begin
        self.orders: dict[int, Order] = {}
        self._log: list[tuple[int, int]] = []
        self.cases: dict[int, Case] = {}
        self.happened: list[Happening] = []
        self.items = _items()
        self.sells_out = False
        """Whether buyers who find too little leave; else there is always enough."""
        self.turned_away = 0
        self._dice = random.Random(seed)
        self._coming: list[tuple[int, int, str, int]] = []
        self._drafts: dict[int, Order] = {}
        self._count = 0
        self._strange, self._bare, self._most_lines = strange, bare, most_lines
        self._sends_parts = sends_parts
        self._splits = splits
        """So many of a hundred orders of several items the platform splits, once they are paid."""
        self._parts: dict[int, list[Order]] = {}
        self._number = 6_917_000_000_000_000_000 + seed % 1_000 * 10**12
        for _ in range(orders):
            self._imagine(begin + self._dice.randrange(max(1, seconds)))

    # ── the story ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _imagine(self, at: int) -> None:
        """Everything that will ever happen to one order, thrown once."""
        dice = self._dice
        order = self._draft(at)
        self._drafts[order.number] = order
        self._plan(at, "made", order)
        if dice.random() < 0.08:
            self._plan(at + UNPAID_SECONDS, "unpaid_cancelled", order)
            return
        paid = at + dice.randrange(5, 300)
        if dice.random() < 0.05:
            self._plan(paid, "reviewed", order)
            paid += dice.randrange(60, 600)
        self._plan(paid, "paid", order)
        if len(order.lines) > 1 and random.Random(order.number).randrange(100) < self._splits:  # dice of its own: the story stays as it is
            self._plan(paid + 1 + order.number % 300, "split", order)
        if dice.random() < 0.06:
            asked = paid + dice.randrange(60, 900)
            self._plan(asked, "refund_asked", order)
            self._plan(asked + dice.randrange(30, 600), "refund_given" if dice.random() < 0.8 else "refund_withdrawn", order)
            return
        sent = paid + dice.randrange(900, 5_400)
        if len(order.lines) > 1 and dice.random() < 0.4:
            self._plan(sent, "part_sent", order)
            sent += dice.randrange(300, 1_800)
        self._plan(sent, "sent", order)
        if dice.random() < 0.3:
            done = sent + dice.randrange(600, 3_600)
            self._plan((sent + done) // 2, "signed", order)
            self._plan(done, "done", order)
            if dice.random() < 0.1:
                self._plan(done + dice.randrange(60, 900), "exchange_asked", order)

    def _draft(self, at: int) -> Order:
        dice = self._dice
        lines: list[Line] = []
        for _ in range(1 if dice.random() < 0.7 else dice.randrange(2, 4)):
            item, units = dice.choice(self.items), 1 if dice.random() < 0.85 else 2
            off = dice.choice((0, 0, 500, 3_000))
            line = Line(self._next_number(), item, units, max(1, item.price_fen * units - off))
            if all(one.item is not item for one in lines):  # the same item again would be more units of one line
                lines.append(line)
        del lines[self._most_lines :]
        name = dice.choice(NAMES) + dice.choice(("晓红", "伟", "思雨", "建国"))
        phone = f"13{dice.randrange(10**8, 10**9)}"
        buyer = (name, phone, f"{dice.randrange(1, 300)}号{dice.randrange(1, 30)}幢")
        order = Order(self._next_number(), lines, buyer, dice.choice(PLACES), at, dice.choice((0, 0, 0, 800)), changed_at=at)
        order.is_strange = dice.randrange(100) < self._strange
        order.is_bare = dice.randrange(100) < self._bare
        return order

    def _next_number(self) -> int:
        self._number += self._dice.randrange(1, 10**6)
        return self._number

    def _plan(self, at: int, what: str, order: Order) -> None:
        self._count += 1
        heapq.heappush(self._coming, (at, self._count, what, order.number))

    def _open(self, order: Order) -> None:
        self.orders[order.number] = order
        order.log = self._log
        for name in LOGGED:
            setattr(order, name, getattr(order, name))

    def near(self, begin: object, end: object) -> list[Order]:
        """This function will give every order that was made, paid or changed between two seconds, both inside, in no order; and a few more."""
        if not isinstance(begin, int) or not isinstance(end, int):
            return list(self.orders.values())
        first, last = bisect_left(self._log, (begin, 0)), bisect_left(self._log, (end + 1, 0))
        return [self.orders[number] for number in {number for _, number in self._log[first:last]}]

    # ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def advance(self, to: int) -> None:
        """This function will let everything happen that was to happen until then."""
        with self.lock:
            while self._coming and self._coming[0][0] <= to:
                at, _, what, number = heapq.heappop(self._coming)
                self.now = max(self.now, at)
                if what == "made" and not self._takes_stock(self._drafts[number]):
                    del self._drafts[number]
                for order in self._parts.get(number) or filter(None, [self._drafts.get(number)]):
                    case = self._happen(order, what, at)
                    if order.changed_at == at:
                        self.happened.append(Happening(what, at, order, case))
            self.now = max(self.now, to)

    def _takes_stock(self, order: Order) -> bool:
        if not self.sells_out:
            return True
        if any(line.item.stock < line.units for line in order.lines):
            self.turned_away += 1
            return False
        for line in order.lines:
            line.item.stock -= line.units
        return True

    def _gives_stock_back(self, lines: list[Line]) -> None:
        for line in lines if self.sells_out else []:
            line.item.stock += line.units

    def _happen(self, order: Order, what: str, at: int) -> Case | None:
        if what == "made":
            self._open(order)
            order.changed_at = at
            return None
        if what in {"unpaid_cancelled", "reviewed", "paid"}:
            order.stage = {"unpaid_cancelled": "cancelled", "reviewed": "review", "paid": "paid"}[what]
            order.changed_at, order.why_cancelled = at, "超时未支付" if what == "unpaid_cancelled" else ""
            if what == "unpaid_cancelled":
                self._gives_stock_back(order.lines)
            order.paid_at = order.paid_at or (0 if what == "unpaid_cancelled" else at)
            return None
        if what == "split":
            self._split(order, at)
            return None
        if what in {"part_sent", "sent"}:
            self._send_as_merchant(order, only_part=what == "part_sent" and self._sends_parts, at=at)
            return None
        if what == "signed":
            if order.stage == "sent":
                order.signed_at = order.changed_at = at
            return None
        if what == "done":
            if order.stage == "sent":
                order.stage, order.done_at, order.changed_at = "done", at, at
            return None
        return self._aftersale(order, what, at)

    def _split(self, order: Order, at: int) -> None:
        """The platform makes an order of each item and takes the first one back; the first part bears the freight."""
        if order.stage != "paid" or order.parcels or any(line.case for line in order.lines):
            return
        parts = []
        for place, line in enumerate(order.lines):
            part = Order(
                self._next_number(), [Line(self._next_number(), line.item, line.units, line.paid_fen)], order.buyer, order.place, order.made_at,
                0 if place else order.freight_fen, "paid", at, order.paid_at, is_strange=order.is_strange, is_bare=order.is_bare, parent=order.number,
            )  # fmt: skip
            self._open(part)
            parts.append(part)
            self.happened.append(Happening("paid", at, part))
        self._parts[order.number] = parts
        order.stage, order.changed_at = "split", at

    def _send_as_merchant(self, order: Order, *, only_part: bool, at: int) -> None:
        """Somebody ships in the platform's own console, unless we were first."""
        if order.stage not in {"paid", "part_sent"}:
            return
        lines = order.lines[:1] if only_part else order.lines
        content = [(line.number, line.units - line.sent) for line in lines if line.units > line.sent]
        if content:
            self._send(order, f"SF{at % 10**9:09d}{order.number % 10**4:04d}", "shunfeng", content, at)

    def _send(self, order: Order, number: str, carrier: str, content: list[tuple[int, int]], at: int, request: str = "") -> Parcel:
        parcel = Parcel(number, carrier, at, content, request)
        order.parcels.append(parcel)
        for line in order.lines:
            line.sent += sum(units for of, units in content if of == line.number)
        order.stage = "sent" if all(line.sent >= line.units for line in order.lines) else "part_sent"
        order.sent_at, order.changed_at = at, at
        return parcel

    def _aftersale(self, order: Order, what: str, at: int) -> Case | None:
        line = order.lines[0]
        if what in {"refund_asked", "exchange_asked"}:
            is_exchange = what == "exchange_asked"
            if is_exchange and order.stage != "done":
                return None
            kind = "exchange" if is_exchange else "before" if order.stage in {"paid", "review"} else "after"
            line.case = Case(self._next_number(), order.number, line.number, kind, "asked", 0 if is_exchange else line.paid_fen, at, at)
            self.cases[line.case.number] = line.case
        elif line.case is None:
            return None
        elif what == "refund_withdrawn":
            line.case.stage, line.case.changed_at = "withdrawn", at
        else:
            line.case.stage, line.case.changed_at = "refunded", at
            if line.case.kind == "before" and not line.sent:
                self._gives_stock_back([line])
            if len(order.lines) == 1 and order.stage in {"paid", "review"}:
                order.stage, order.why_cancelled = "cancelled", "退款成功"
        order.changed_at = at
        return line.case

    # ── what a test may let happen beside the story ───────────────────────────────────────────────────────────────

    def open_case(self, order: Order, place: int, kind: str, refund_fen: int) -> Case:
        """This function will let a buyer ask for something now. `kind`: before, after, exchange."""
        with self.lock:
            line = order.lines[place]
            line.case = Case(self._next_number(), order.number, line.number, kind, "asked", refund_fen, self.now, self.now)
            self.cases[line.case.number] = line.case
            order.changed_at = self.now
            return line.case

    def move_case(self, case: Case, stage: str, *, refund_fen: int | None = None) -> None:
        """This function will let a case become what it may: agreed, sent_back, refunded, withdrawn; or asked again."""
        with self.lock:
            case.stage, case.changed_at = stage, self.now
            case.refund_fen = case.refund_fen if refund_fen is None else refund_fen
            self.orders[case.order].changed_at = self.now

    # ── what a merchant may do ────────────────────────────────────────────────────────────────────────────────────

    def send(self, order: Order, number: str, carrier: str, content: list[tuple[int, int]], request: str) -> Parcel | str:
        """This function will ship for a call of ours, or give the platform's word against it."""
        with self.lock:
            for parcel in order.parcels:
                if request and parcel.request == request:
                    return parcel
            if order.stage not in {"paid", "part_sent"}:
                return "订单状态不允许发货"
            if any(line.case and line.case.stage in {"asked", "agreed"} for line in order.lines):
                return "订单有售后申请，不能发货"
            content = content or [(line.number, line.units - line.sent) for line in order.lines if line.units > line.sent]
            left = {line.number: line.units - line.sent for line in order.lines}
            if any(units <= 0 or units > left.get(of, 0) for of, units in content):
                return "发货数量超过待发货数量"
            parcel = self._send(order, number, carrier, content, self.now, request)
            self.happened.append(Happening("sent", self.now, order))
            return parcel

    def buy(self, sku: int, units: int = 1) -> Order | None:
        """This function will let a buyer pay for units the platform still shows, now; None when it shows too few."""
        with self.lock:
            item = self.item(sku)
            if item is None or item.stock < units:
                return None
            item.stock -= units
            order = self._draft(self.now)
            order.lines = [Line(self._next_number(), item, units, item.price_fen * units)]
            order.stage, order.paid_at, order.changed_at = "paid", self.now, self.now
            self._open(order)
            self.happened.append(Happening("paid", self.now, order))
            return order

    def item(self, sku: int) -> Item | None:
        return next((one for one in self.items if one.sku == sku), None)


def _items() -> list[Item]:
    return [
        Item(3_600_000 + place, 1_780_000_000_000_000_000 + place * 100 + turn, f"{code}-{'BW'[turn // 2]}-{variant[1]}", title, variant, price)
        for place, (title, code, price) in enumerate(GOODS) for turn, variant in enumerate(VARIANTS)
    ]  # fmt: skip
