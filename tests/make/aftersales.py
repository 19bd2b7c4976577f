"""Makers of after-sales cases: an order that was sent, and a case about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kaibo.kit.ids import new_id
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake.kinds import ImportContext, Outcome, ParsedRow
from kaibo.stages.aftersales import services
from kaibo.stages.aftersales.imports import AFTERSALES, take_cases
from kaibo.stages.aftersales.models import Case
from kaibo.stages.aftersales.rules import Impact, Kind, Nature
from kaibo.stages.aftersales.services import NewCase
from kaibo.stages.orders import shipping
from kaibo.stages.orders.models import Order, OrderLine
from tests.make.orders import make_paid_order
from tests.make.people import make_shop

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def make_sent_line(order_no: str = "6953000000000004417", **values: object) -> OrderLine:
    """A line of an order that was paid and sent."""
    order = make_paid_order(order_no, **values)
    shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰", tracking_no=f"SF1{order_no[-12:]}", now=NOW)
    return OrderLine.objects.get(order=order)


def make_case(line: OrderLine | None = None, *, nature: Nature = Nature.QUALITY, impact: Impact = Impact.ONE, kind: Kind = Kind.RETURN) -> Case:
    told = NewCase((line or make_sent_line()).pk, kind, nature, impact, "起球严重", asked_fen=59_900)
    return services.open_case(actor=KAIBO, told=told, now=NOW)


def case_row(case_no: str, **values: object) -> ParsedRow:
    """A parsed row of a 抖店 after-sales export."""
    usual: dict[str, object] = {
        "case_no": case_no, "order_no": "6953000000000004417", "goods": "短款羊毛双面呢外套", "kind": "退货退款", "refund": 59_900, "status": "待商家处理",
        "opened_at": NOW - timedelta(hours=1), "reason": "尺码偏大",
    }  # fmt: skip
    return ParsedRow(1, {column.key: None for column in AFTERSALES.columns} | usual | values)


def take(rows: list[ParsedRow], *, exported_at: datetime = NOW) -> list[Outcome]:
    return take_cases(ImportContext(KAIBO, make_shop().pk, "douyin", new_id(), NOW, exported_at), rows)


def order_of(line: OrderLine) -> Order:
    return Order.objects.get(pk=line.order_id)
