"""
A claim after it was claimed: opening a payment, hearing of money, the buyer's address, expiry at `pay_by`.

Everything is decided in the ledger (schema/0007_claim_life.sql, 0013, 0015), batch by batch; this module carries asks there and
answers back. Nobody is answered before the commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import psycopg
import segno

from kaibo.kit import sealed_box
from kaibo.kit.clock import utc_now
from kaibo.kit.errors import Conflict, KaiboError, NotFound, Unavailable
from kaibo.kit.ids import new_id
from kaibo.kit.payments import (
    Device,
    NoticeAnswer,
    NoticeForged,
    NoticeUnreadable,
    PayChannel,
    PayLink,
    PayNotice,
    PayOrder,
)
from kaibo.room.batching import Batcher
from kaibo.room.coupons import REFUSALS as COUPON_REFUSALS
from kaibo.room.ledger import array
from kaibo.room.paying_wire import AddressAsk, ClaimState, PaymentAnswer
from kaibo.room.refusals import NoSuchClaim
from kaibo.room.rooms import AWAY, Pool, RoomsAway

log = logging.getLogger("kaibo.room.paying")

EXPIRY_SECONDS = 0.5
MOST_EXPIRED_AT_ONCE = 500
MOST_CALLS_OUT = 48
Connection = psycopg.AsyncConnection[Any]
Found = TypeVar("Found")
Answer = TypeVar("Answer")
Reply = Callable[[Answer | KaiboError], None]
"""Takes the answer to a call, or why there is none."""


class NoSuchChannel(NotFound):
    code = "no_such_channel"
    message_zh = "没有这个支付方式"
    message_en = "There is no such way to pay"


class ClaimExpired(Conflict):
    code = "claim_expired"
    message_zh = "付款时间已过，商品已放回"
    message_en = "The time to pay is over and the units went back"


class AlreadyPaid(Conflict):
    code = "already_paid"
    message_zh = "这一单已经付过款了"
    message_en = "This claim is paid already"


class NothingToPay(Conflict):
    code = "nothing_to_pay"
    message_zh = "这一单不用付款"
    message_en = "There is nothing to pay for this claim"


class AddressesAway(Unavailable):
    code = "addresses_away"
    message_zh = "暂时不能填写地址，请稍后再试"
    message_en = "Addresses cannot be taken right now; try again shortly"


_REFUSALS: dict[str, type[KaiboError]] = {
    "no_such_claim": NoSuchClaim, "claim_expired": ClaimExpired, "already_paid": AlreadyPaid, "nothing_to_pay": NothingToPay,
    **COUPON_REFUSALS,
}  # fmt: skip


class OpenAsk(msgspec.Struct, eq=False, gc=False):
    """A viewer wants to pay a claim through a channel."""

    payment: UUID
    claim: UUID
    room: str
    visitor: str
    channel: str
    coupon: UUID | None = None


class Opened(msgspec.Struct, frozen=True, gc=False):
    result: str
    payment: UUID | None
    amount_fen: int | None
    pay_by: datetime | None
    title: str | None
    quantity: int | None
    discount_fen: int | None


class AddressGiven(msgspec.Struct, eq=False, gc=False):
    """Where a claim goes, already sealed."""

    claim: UUID
    room: str
    visitor: str
    sealed: bytes


class Money(msgspec.Struct, eq=False, gc=False):
    """A notice the channel's signature proved."""

    channel: str
    payment: UUID
    notice: PayNotice


class Booked(msgspec.Struct, frozen=True, gc=False):
    """What the ledger made of it: in_time, late, refund_due or unknown."""

    outcome: str
    is_repeat: bool
    claim: UUID | None


class Paying:
    """Payments, addresses and expiry of this process."""

    def __init__(
        self,
        dsn: str,
        pool: Pool,
        *,
        channels: Mapping[str, PayChannel],
        seal_for: bytes | None,
    ) -> None:
        self.channels = channels
        self._pool = pool
        self._sealer = None if seal_for is None else sealed_box.Sealer(seal_for)
        self._callers = ThreadPoolExecutor(MOST_CALLS_OUT, "channel")  # its own: a slow company holds up nobody else's threads
        self._stuck: frozenset[UUID] = frozenset()
        self._telling: set[asyncio.Task[None]] = set()
        self._openings: Batcher[OpenAsk, Opened] = Batcher("payment openings", dsn, _commit_openings)
        self._money: Batcher[Money, Booked] = Batcher("payments", dsn, self._commit_money)
        self._addresses: Batcher[AddressGiven, str] = Batcher("addresses", dsn, _commit_addresses)
        self._expiring: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._openings.start()
        self._money.start()
        self._addresses.start()
        self._expiring = asyncio.create_task(self._expire_forever(), name="expiry")

    async def stop(self) -> None:
        if self._expiring:
            self._expiring.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._expiring
        await self._openings.stop()
        await self._money.stop()
        await self._addresses.stop()
        await asyncio.gather(*self._telling, return_exceptions=True)
        self._callers.shutdown(wait=False, cancel_futures=True)

    # ── paying ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def open(
        self, *, room: str, visitor: str, claim: UUID, channel: str, base_url: str, payer_address: str = "", payer_device: Device = "computer",
        coupon: UUID | None = None,
    ) -> PaymentAnswer:  # fmt: skip
        """
        This function will open a claim's payment at a channel, less a coupon; asked again it is the same payment.

        Raises: NoSuchChannel, NoSuchClaim, ClaimExpired, AlreadyPaid, NothingToPay, ChannelAway, ChannelRefused, LedgerAway,
        CouponNotTaken, CouponInUse, CouponNotForItem, CouponBelowThreshold, CouponOver, AmountFixed.
        """
        way = self._way(channel)
        opened = await self._openings.put(OpenAsk(new_id(), claim, room, visitor, channel, coupon))
        order = _order_of(opened, room, claim, channel, base_url, payer_address, payer_device)
        return _answer_of(opened, await self._at_channel(way, lambda: way.open(order, now=utc_now())))

    def open_soon(
        self, reply: Reply[PaymentAnswer], *, room: str, visitor: str, claim: UUID, channel: str, base_url: str, payer_address: str,
        payer_device: Device, coupon: UUID | None,
    ) -> bool:  # fmt: skip
        """
        This function will do the same without a task to wait in: `reply` is called once. False: this channel is asked over
        the network, which takes a task.   Raises: NoSuchChannel, QueueFull, LedgerAway.
        """
        way = self._way(channel)
        if way.calls_out:
            return False

        def link(opened: Opened) -> PaymentAnswer:
            order = _order_of(opened, room, claim, channel, base_url, payer_address, payer_device)
            return _answer_of(opened, way.open(order, now=utc_now()))

        self._openings.submit(OpenAsk(new_id(), claim, room, visitor, channel, coupon), _made(link, reply))
        return True

    def _way(self, channel: str) -> PayChannel:
        way = self.channels.get(channel)
        if way is None:
            raise NoSuchChannel
        return way

    async def _at_channel(self, way: PayChannel, call: Callable[[], PayLink]) -> PayLink:
        return await asyncio.get_running_loop().run_in_executor(self._callers, call) if way.calls_out else call()

    async def hear(self, channel: str, headers: Mapping[str, str], body: bytes) -> NoticeAnswer:
        """
        This function will book what a notify call tells of and give the words the channel wants to hear.

        A payment nobody opened is heard, logged and left to the daily reconciliation: calling again would not help.
        Raises: NoSuchChannel, NoticeForged, NoticeUnreadable, LedgerAway, OutcomeUnknown.
        """
        heard: asyncio.Future[NoticeAnswer] = asyncio.get_running_loop().create_future()

        def reply(answer: NoticeAnswer | KaiboError) -> None:
            if heard.done():
                return
            if isinstance(answer, KaiboError):
                heard.set_exception(answer)
            else:
                heard.set_result(answer)

        self.hear_soon(reply, channel, headers, body)
        return await heard

    def hear_soon(self, reply: Reply[NoticeAnswer], channel: str, headers: Mapping[str, str], body: bytes) -> None:
        """
        This function will do the same without a task to wait in: `reply` is called once.

        Raises: NoSuchChannel, NoticeForged, NoticeUnreadable, QueueFull, LedgerAway.
        """
        way = self._way(channel)
        notice = way.read_notice(headers, body, now=utc_now())
        payment = notice and _payment_of(notice.out_trade_no)

        def told(booked: Booked) -> NoticeAnswer:
            if booked.outcome == "unknown" and notice:
                log.error("money for an unknown payment", extra={"channel": channel, "out_trade_no": notice.out_trade_no[:64]})
            return way.answer(None)

        if notice and payment:
            self._money.submit(Money(channel, payment, notice), _made(told, reply))
        else:
            reply(told(Booked("unknown", False, None)))

    def refuse(self, channel: str, problem: Exception) -> NoticeAnswer | None:
        """This function will give the words that make a channel call again; None for a forged or unreadable call."""
        way = self.channels.get(channel)
        if way is None or isinstance(problem, NoticeForged | NoticeUnreadable):
            return None
        return way.answer(type(problem).__name__)

    async def _commit_money(self, connection: Connection, asks: Sequence[Money]) -> list[Booked]:
        cursor = connection.cursor(binary=True)
        await cursor.execute(
            "select n, outcome, is_repeat, claim, items from room.take_payments(%t::text[], %t::uuid[], %t::text[], %t::bigint[], %t::timestamptz[])",
            (
                array([ask.channel for ask in asks]), array([ask.payment for ask in asks]), array([ask.notice.transaction for ask in asks]),
                array([ask.notice.amount_fen for ask in asks]), array([ask.notice.paid_at for ask in asks]),
            ),
        )  # fmt: skip
        found: dict[int, Booked] = {}
        moved: list[UUID] = []
        for n, outcome, is_repeat, claim, items in await cursor.fetchall():
            found[n] = Booked(outcome, is_repeat, claim)
            moved += items
        if moved:
            self._tell_levels(moved)
        return [found[n] for n in range(1, len(asks) + 1)]

    # ── expiry ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _expire_forever(self) -> None:
        while True:
            await asyncio.sleep(EXPIRY_SECONDS)
            with contextlib.suppress(*AWAY):
                while await self.expire() == MOST_EXPIRED_AT_ONCE:
                    pass
                await self.offer_at_opening()

    async def expire(self) -> int:
        """This function will end claims nobody paid by their time and give how many; several processes share the work."""
        async with self._pool.connection(timeout=3) as connection:
            try:
                cursor = await connection.execute("select ended, items from room.expire_claims(%s)", (MOST_EXPIRED_AT_ONCE,))
                row = await cursor.fetchone()
            except (psycopg.IntegrityError, psycopg.DataError):
                row = await self._expire_each(connection)
        ended, items = row or (0, [])
        if items:
            self._tell_levels(items)
        return int(ended)

    async def offer_at_opening(self) -> int:
        """This function will give units that came back while a sale window was shut to who waits, once it opens."""
        async with self._pool.connection(timeout=3) as connection:
            cursor = await connection.execute("select room.offer_at_opening()")
            items = [item for (item,) in await cursor.fetchall()]
        if items:
            self._tell_levels(items)
        return len(items)

    async def _expire_each(self, connection: Any) -> tuple[int, list[UUID]]:
        """One claim whose numbers contradict its item's must not keep everybody else's units: end the others, name that one."""
        cursor = await connection.execute("select ended, items, stuck from room.expire_each(%s)", (MOST_EXPIRED_AT_ONCE,))
        ended, items, stuck = await cursor.fetchone()
        if (found := frozenset(stuck or ())) != self._stuck:  # once, not every second until somebody looks
            self._stuck = found
            log.error("claims that cannot be ended", extra={"claims": len(found), "first": str(min(found, default=""))})
        return ended, items

    def _tell_levels(self, items: Sequence[UUID]) -> None:
        """Tell the stream of the new levels, after the commit and in a transaction of its own: it locks the room's row."""
        task = asyncio.create_task(self._announce(sorted(set(items))))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _announce(self, items: list[UUID]) -> None:
        with contextlib.suppress(*AWAY):
            async with self._pool.connection(timeout=3) as connection:
                cursor = await connection.execute(
                    "select room, array_agg(item) from room.items where item = any(%s) group by room order by room", (items,)
                )
                for room, its in await cursor.fetchall():
                    await connection.execute("select room.announce_stock(%s, %s)", (room, its))

    # ── reading and the address ───────────────────────────────────────────────────────────────────────────────────

    async def claims_of(self, room: str, visitor: str, claim: UUID | None = None) -> list[ClaimState]:
        """This function will give a viewer's claims, newest first, or only the one asked for."""
        try:
            async with self._pool.connection(timeout=3) as connection:
                cursor = await connection.execute(
                    """select claim, item, title, quantity, unit_price_fen, amount_fen, claimed_at, pay_by, paid_at, state,
                              address_given, is_offer
                         from room.claim_lives where room = %s and visitor = %s and (%s::uuid is null or claim = %s)
                        order by claimed_at desc limit 50""",
                    (room, visitor, claim, claim),
                )
                return [ClaimState(*row) for row in await cursor.fetchall()]
        except AWAY as away:
            raise RoomsAway from away

    async def give_address(self, *, room: str, visitor: str, claim: UUID, address: AddressAsk) -> None:
        """
        This function will keep where a claim goes, sealed for the back of house; given again, the last one counts.

        Raises: NoSuchClaim, ClaimExpired, AddressesAway, LedgerAway.   Source: PIPL art. 51.
        """
        if refusal := _REFUSALS.get(await self._addresses.put(self._sealed(room, visitor, claim, address))):
            raise refusal

    def give_address_soon(self, reply: Reply[None], *, room: str, visitor: str, claim: UUID, address: AddressAsk) -> None:
        """
        This function will do the same without a task to wait in: `reply` is called once.

        Raises: AddressesAway, QueueFull, LedgerAway.
        """

        def kept(result: str) -> None:
            if refusal := _REFUSALS.get(result):
                raise refusal

        self._addresses.submit(self._sealed(room, visitor, claim, address), _made(kept, reply))

    def _sealed(self, room: str, visitor: str, claim: UUID, address: AddressAsk) -> AddressGiven:
        if self._sealer is None:
            raise AddressesAway
        plain = msgspec.json.encode({"name": address.name.strip(), "phone": address.phone.strip(), "address": address.address.strip()})
        return AddressGiven(claim, room, visitor, self._sealer.seal(plain, about=claim.bytes))


def _made(make: Callable[[Found], Answer], reply: Reply[Answer]) -> Callable[[Found | KaiboError], None]:
    """Reply with what is made of a committed answer, or with why there is none."""

    def told(found: Found | KaiboError) -> None:
        try:
            answer: Answer | KaiboError = found if isinstance(found, KaiboError) else make(found)
        except KaiboError as refusal:
            answer = refusal
        reply(answer)

    return told


def _order_of(
    opened: Opened, room: str, claim: UUID, channel: str, base_url: str, payer_address: str, payer_device: Device
) -> PayOrder:
    """What the channel is asked to take.   Raises: whatever the ledger refused."""
    if refusal := _REFUSALS.get(opened.result):
        raise refusal
    if opened.payment is None or opened.amount_fen is None or opened.pay_by is None:
        raise AssertionError("an opened payment has an id, an amount and a time")
    return PayOrder(
        opened.payment.hex, opened.amount_fen, f"{opened.title} × {opened.quantity}", opened.pay_by,
        f"{base_url}/pay/{channel}", f"{base_url}/r/{room}?paid={claim}", payer_address, payer_device,
    )  # fmt: skip


def _answer_of(opened: Opened, link: PayLink) -> PaymentAnswer:
    if opened.payment is None or opened.amount_fen is None or opened.pay_by is None:
        raise AssertionError("an opened payment has an id, an amount and a time")
    picture = segno.make(link.url, error="m").svg_data_uri(scale=8, border=4, light="#fff") if link.kind == "code" else ""
    return PaymentAnswer(opened.payment, opened.amount_fen, opened.pay_by, link.kind, link.url, picture, opened.discount_fen or 0)


async def _commit_addresses(connection: Connection, asks: Sequence[AddressGiven]) -> list[str]:
    """Several addresses of one claim in a batch: the last one counts."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(
        """with given as (
               select t.*, a.attempt is not null as is_mine, a.paid_at is not null or a.expired_at is null as is_open,
                      row_number() over (partition by t.claim, a.attempt order by t.n desc) as back
                 from unnest(%t::uuid[], %t::text[], %t::text[], %b::bytea[]) with ordinality as t(claim, room, visitor, sealed, n)
                 left join lateral (select c.* from room.answers c where c.attempt = t.claim limit 1) a
                   on a.room = t.room and a.visitor = t.visitor and a.result = 'claimed'
           ), kept as (
               insert into room.addresses (claim, sealed, given_at)
               select claim, sealed, clock_timestamp() from given where is_mine and is_open and back = 1 order by claim
               on conflict (claim) do update set sealed = excluded.sealed, given_at = excluded.given_at, taken_at = null
               returning claim
           ), turned as (
               insert into room.turns (claim, kind, at) select claim, 'addressed', clock_timestamp() from kept
           )
           select case when not is_mine then 'no_such_claim' when not is_open then 'claim_expired' else 'kept' end from given order by n""",
        (
            array([ask.claim for ask in asks]), array([ask.room for ask in asks]), array([ask.visitor for ask in asks]),
            [ask.sealed for ask in asks],
        ),
    )  # fmt: skip
    return [row[0] for row in await cursor.fetchall()]


async def _commit_openings(connection: Connection, asks: Sequence[OpenAsk]) -> list[Opened]:
    cursor = connection.cursor(binary=True)
    await cursor.execute(
        """select result, payment, amount_fen, pay_by, title, quantity, discount_fen
             from room.open_payments(%t::uuid[], %t::uuid[], %t::text[], %t::text[], %t::text[], null, %t::uuid[]) order by n""",
        (
            array([ask.payment for ask in asks]), array([ask.claim for ask in asks]), array([ask.room for ask in asks]),
            array([ask.visitor for ask in asks]), array([ask.channel for ask in asks]), array([ask.coupon for ask in asks]),
        ),
    )  # fmt: skip
    return [Opened(*row) for row in await cursor.fetchall()]


def _payment_of(out_trade_no: str) -> UUID | None:
    try:
        return UUID(out_trade_no)
    except ValueError:
        return None
