"""
Coupons 优惠券 as viewers take them: asks are collected while the previous commit runs and committed as one batch, so the
count is exact whatever the crowd, with any number of room processes. Nobody is answered before the commit.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kaibo.kit.errors import Conflict, KaiboError, NotFound
from kaibo.kit.ids import new_id
from kaibo.room.batching import Batcher
from kaibo.room.refusals import KeyNeeded
from kaibo.room.rooms import AWAY, Pool, RoomsAway
from kaibo.room.talk import Calls

TELL_EVERY_SECONDS = 0.5
MOST_KEY_CHARACTERS = 100
Connection = psycopg.AsyncConnection[Any]


class NoSuchCoupon(NotFound):
    code = "no_such_coupon"
    message_zh = "没有这张优惠券"
    message_en = "There is no such coupon"


class CouponsGone(Conflict):
    code = "coupons_gone"
    message_zh = "优惠券已经领完了"
    message_en = "All of these coupons were taken"


class CouponLimitReached(Conflict):
    code = "coupon_limit_reached"
    message_zh = "每人限领的张数你已经领满了"
    message_en = "You have taken as many of this coupon as one person may"


class CouponWithdrawn(Conflict):
    code = "coupon_withdrawn"
    message_zh = "这张券已停止领取；领到的照样能用"
    message_en = "This coupon can no longer be taken; those taken stay good"


class CouponOver(Conflict):
    code = "coupon_over"
    message_zh = "优惠券已过期"
    message_en = "The coupon is no longer valid"


class CouponNotTaken(Conflict):
    code = "coupon_not_taken"
    message_zh = "你还没有领这张券"
    message_en = "You have not taken this coupon"


class CouponInUse(Conflict):
    code = "coupon_in_use"
    message_zh = "这张券已用在另一单上"
    message_en = "This coupon is used for another claim"


class CouponNotForItem(Conflict):
    code = "coupon_not_for_item"
    message_zh = "这张券不能用于这件商品"
    message_en = "This coupon is not for this item"


class CouponBelowThreshold(Conflict):
    code = "coupon_below_threshold"
    message_zh = "这一单没有达到优惠券的门槛"
    message_en = "The amount does not reach this coupon's threshold"


class AmountFixed(Conflict):
    code = "amount_fixed"
    message_zh = "付款已经打开，这种支付方式的金额不能再变；换一种支付方式可以用券"
    message_en = "The payment is open and its amount stays; another way to pay can use the coupon"


REFUSALS: dict[str, type[KaiboError]] = {
    "no_such_coupon": NoSuchCoupon, "none_left": CouponsGone, "limit_reached": CouponLimitReached, "withdrawn": CouponWithdrawn, "over": CouponOver,
    "coupon_over": CouponOver, "coupon_not_taken": CouponNotTaken, "coupon_in_use": CouponInUse, "coupon_not_for_item": CouponNotForItem,
    "coupon_below_threshold": CouponBelowThreshold, "amount_fixed": AmountFixed,
}  # fmt: skip
"""By the ledger's words, of taking and of paying with a coupon."""


class TakeAnswer(Struct, frozen=True):
    coupon: UUID
    take: UUID


class HeldCoupon(Struct, frozen=True):
    """A coupon a viewer holds; `state` is free, bound (to the unpaid `claim`) or used."""

    take: UUID
    coupon: UUID
    state: str
    claim: UUID | None
    taken_at: datetime


class HeldCoupons(Struct, frozen=True):
    coupons: list[HeldCoupon]


@dataclass(slots=True, eq=False)
class TakeAsk:
    take: UUID
    coupon: UUID
    room: str
    visitor: str
    key: str


class Coupons:
    """Takes of this process, and the telling of what is left."""

    def __init__(self, dsn: str, pool: Pool) -> None:
        self._pool = pool
        self._takes: Batcher[TakeAsk, tuple[str, UUID | None]] = Batcher("coupon takes", dsn, self._commit)
        self._news: dict[str, set[UUID]] = {}
        self._telling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._takes.start()
        self._telling = asyncio.create_task(self._tell_forever(), name="coupons left")

    async def stop(self) -> None:
        await self._takes.stop()
        if self._telling:
            self._telling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._telling
        with contextlib.suppress(*AWAY):
            await self._tell()

    async def take(self, *, room: str, visitor: str, coupon: UUID, key: str) -> UUID:
        """
        This function will give a viewer one coupon; with the same key again it is the same one.

        Raises: NoSuchCoupon, CouponsGone, CouponLimitReached, CouponWithdrawn, CouponOver, QueueFull, LedgerAway, OutcomeUnknown.
        Source: LIV-4, LIV-9.
        """
        result, take = await self._takes.put(TakeAsk(new_id(), coupon, room, visitor, key))
        if take is None:
            raise REFUSALS[result]
        return take

    async def _commit(self, connection: Connection, asks: Sequence[TakeAsk]) -> list[tuple[str, UUID | None]]:
        cursor = connection.cursor(binary=True)
        await cursor.execute(
            "select result, take from room.take_coupons(%b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::text[]) order by n",
            (
                [ask.take for ask in asks], [ask.coupon for ask in asks], [ask.room for ask in asks], [ask.visitor for ask in asks],
                [ask.key for ask in asks],
            ),
        )  # fmt: skip
        found = [(row[0], row[1]) for row in await cursor.fetchall()]
        for ask, (result, _take) in zip(asks, found, strict=True):
            if result == "taken":
                self._news.setdefault(ask.room, set()).add(ask.coupon)
        return found

    async def _tell_forever(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY_SECONDS)
            with contextlib.suppress(*AWAY):
                await self._tell()

    async def _tell(self) -> None:
        while self._news:
            room, coupons = self._news.popitem()
            try:
                async with self._pool.connection(timeout=3) as connection:
                    await connection.execute("select room.announce_coupons(%s, %s::uuid[])", (room, list(coupons)))
            except AWAY:
                self._news.setdefault(room, set()).update(coupons)
                raise

    async def held(self, room: str, visitor: str) -> list[HeldCoupon]:
        """This function will give a viewer's coupons of a room, oldest first.   Raises: RoomsAway."""
        try:
            async with self._pool.connection(timeout=3) as connection:
                cursor = await connection.execute(
                    """select k.take, k.coupon, case when k.used_at is not null then 'used' when k.claim is not null then 'bound' else 'free' end,
                              k.claim, k.taken_at
                         from room.coupon_takes k join room.coupons c on c.coupon = k.coupon
                        where c.room = %s and k.visitor = %s order by k.taken_at, k.take""",
                    (room, visitor),
                )
                return [HeldCoupon(*row) for row in await cursor.fetchall()]
        except AWAY as away:
            raise RoomsAway from away

    def routes(self, calls: Calls) -> list[Route]:
        """This function will give the calls of coupons; `calls` says who is calling."""

        async def take(request: Request) -> Response:
            live, who = await calls.caller(request)
            key = request.headers.get("idempotency-key", "1")
            if not 1 <= len(key) <= MOST_KEY_CHARACTERS or not key.isprintable():
                raise KeyNeeded
            try:
                coupon = UUID(request.path_params["coupon"])
            except ValueError as wrong:
                raise NoSuchCoupon from wrong
            calls.require_pace(who, live)
            return calls.answer(TakeAnswer(coupon, await self.take(room=live.name, visitor=who.visitor, coupon=coupon, key=key)), 201)

        async def mine(request: Request) -> Response:
            live, who = await calls.caller(request)
            calls.require_pace(who, live)
            return calls.answer(HeldCoupons(await self.held(live.name, who.visitor)), 200)

        return [
            Route("/rooms/{room}/coupons/{coupon}/take", take, methods=["POST"]),
            Route("/rooms/{room}/coupons", mine),
        ]
