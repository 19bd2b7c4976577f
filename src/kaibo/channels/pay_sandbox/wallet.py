"""The sandbox wallet's own book: trades and refunds in a schema of their own, which no other part of Kaibo reads."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import psycopg

from kaibo.kit.ids import new_id
from kaibo.kit.payments import BillLine, ChannelRefused, PayNotice, PayOrder, Refund, Refunded

SHANGHAI = ZoneInfo("Asia/Shanghai")
_LOCK = 0x70617962
_TABLES = """
create schema if not exists pay_sandbox;
create table if not exists pay_sandbox.trades (
    out_trade_no text primary key, transaction text not null unique, amount_fen bigint not null check (amount_fen > 0),
    title text not null, notify_url text not null, paid_at timestamptz not null, heard_at timestamptz,
    calls integer not null default 0, call_next_at timestamptz not null);
create table if not exists pay_sandbox.refunds (
    out_refund_no text primary key, refund text not null unique, out_trade_no text not null references pay_sandbox.trades,
    amount_fen bigint not null check (amount_fen > 0), refunded_at timestamptz not null);
create index if not exists trades_unheard on pay_sandbox.trades (call_next_at) where heard_at is null;
"""


class Wallet:
    """The book behind the wallet; every call is one short transaction."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._is_ready = False

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        connection = psycopg.connect(self._dsn, connect_timeout=3, application_name="kaibo-sandbox-wallet")
        if not self._is_ready:
            with connection.transaction():
                connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
                connection.execute(_TABLES.encode())
            self._is_ready = True
        return connection

    def pay(self, order: PayOrder, *, now: datetime) -> PayNotice | None:
        """This function will take the buyer's money once per order; None when the time to pay is over."""
        with self._connect() as connection:
            if now < order.expires_at:
                connection.execute(
                    """insert into pay_sandbox.trades (out_trade_no, transaction, amount_fen, title, notify_url, paid_at, call_next_at)
                       values (%s, %s, %s, %s, %s, %s, %s) on conflict (out_trade_no) do nothing""",
                    (order.out_trade_no, f"SBX{new_id().hex}", order.amount_fen, order.title, order.notify_url, now, now),
                )
            return _notice(connection, order.out_trade_no)

    def find(self, out_trade_no: str) -> PayNotice | None:
        with self._connect() as connection:
            return _notice(connection, out_trade_no)

    def unheard(self, *, now: datetime, limit: int = 20) -> list[tuple[PayNotice, str]]:
        """This function will give the notices that are due to be sent (again), each with its address, and note the call."""
        with self._connect() as connection:
            rows = connection.execute(
                """update pay_sandbox.trades t
                      set calls = calls + 1, call_next_at = %s::timestamptz + make_interval(secs => least(2 ^ calls, 1800))
                    where out_trade_no in (select out_trade_no from pay_sandbox.trades where heard_at is null and call_next_at <= %s
                                            order by call_next_at limit %s for update skip locked)
                    returning out_trade_no, transaction, amount_fen, paid_at, notify_url""",
                (now, now, limit),
            ).fetchall()
        return [(PayNotice(*row[:4]), str(row[4])) for row in rows]  # type: ignore[arg-type]  # the columns say which

    def heard(self, out_trade_no: str, *, now: datetime) -> None:
        """This function will note that the merchant heard of a payment."""
        with self._connect() as connection:
            connection.execute(
                "update pay_sandbox.trades set heard_at = coalesce(heard_at, %s) where out_trade_no = %s", (now, out_trade_no)
            )

    def refund(self, asked: Refund, *, now: datetime) -> Refunded:
        """This function will give money back once per refund number, never more than was paid.   Raises: ChannelRefused."""
        with self._connect() as connection, connection.transaction():
            found = connection.execute(
                "select amount_fen from pay_sandbox.trades where out_trade_no = %s for update", (asked.out_trade_no,)
            ).fetchone()
            if found is None:
                raise ChannelRefused(channel="sandbox", why="没有这笔支付 / no such payment")
            connection.execute(
                """insert into pay_sandbox.refunds (out_refund_no, refund, out_trade_no, amount_fen, refunded_at)
                   select %s, %s, %s, %s, %s
                    where %s >= %s + (select coalesce(sum(amount_fen), 0) from pay_sandbox.refunds where out_trade_no = %s)
                   on conflict (out_refund_no) do nothing""",
                (asked.out_refund_no, f"SBR{new_id().hex}", asked.out_trade_no, asked.amount_fen, now,
                 found[0], asked.amount_fen, asked.out_trade_no),
            )  # fmt: skip
            row = connection.execute(
                "select refund, amount_fen, out_trade_no from pay_sandbox.refunds where out_refund_no = %s",
                (asked.out_refund_no,),
            ).fetchone()
        if row is None or row[1:] != (asked.amount_fen, asked.out_trade_no):
            raise ChannelRefused(channel="sandbox", why="超过已付金额，或退款号已用 / more than was paid, or a number used twice")
        return Refunded("done", str(row[0]))

    def bill(self, day: date) -> list[BillLine]:
        """This function will give a day's payments and refunds (Shanghai's day), in the order of time."""
        starts_at = datetime.combine(day, time(), SHANGHAI)
        with self._connect() as connection:
            rows = connection.execute(
                """select 'pay', out_trade_no, transaction, amount_fen, paid_at, '' from pay_sandbox.trades
                    where paid_at >= %(from)s and paid_at < %(to)s
                   union all
                   select 'refund', r.out_trade_no, t.transaction, r.amount_fen, r.refunded_at, r.out_refund_no
                     from pay_sandbox.refunds r join pay_sandbox.trades t using (out_trade_no)
                    where r.refunded_at >= %(from)s and r.refunded_at < %(to)s
                    order by 5""",
                {"from": starts_at, "to": starts_at + timedelta(days=1)},
            ).fetchall()
        return [BillLine(*row) for row in rows]  # type: ignore[arg-type]  # the columns say which


def _notice(connection: psycopg.Connection[tuple[object, ...]], out_trade_no: str) -> PayNotice | None:
    row = connection.execute(
        "select out_trade_no, transaction, amount_fen, paid_at from pay_sandbox.trades where out_trade_no = %s", (out_trade_no,)
    ).fetchone()
    return PayNotice(*row) if row else None  # type: ignore[arg-type]  # the columns say which
