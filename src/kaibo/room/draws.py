"""
Draws in the room: enter once, follow the freeze, prove the entry, claim the prize. Contract: docs/room.md, ADR 0007.

The heavy parts (tree, file) are read once after the freeze, off the event loop, and kept: what is frozen never changes.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
import psycopg
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kaibo.kit.clock import utc_now
from kaibo.kit.draws import Entrant, leaves_of, masked, seal_of
from kaibo.kit.errors import KaiboError
from kaibo.kit.ids import new_id
from kaibo.kit.merkle import levels_of, path_to
from kaibo.room import draw_backoffice
from kaibo.room.asgi import read_body
from kaibo.room.draw_complaints import (
    DrawFrozen,
    DrawNotDrawn,
    DrawNotFrozen,
    DrawNotOpen,
    DrawVoid,
    NoSuchDraw,
    NoSuchEntry,
    NotEligible,
)
from kaibo.room.pages import Pages
from kaibo.room.rates import Rate
from kaibo.room.refusals import NotReadable
from kaibo.room.rooms import AWAY, Pool, Rooms, RoomsAway
from kaibo.room.tokens import Visitor
from kaibo.room.visitors import Desk

MOST_KEPT = 4
MOST_BODY_BYTES = 2_048
BRIEF_SECONDS = 1.0

_Hex = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
_T = TypeVar("_T")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

NO_FOR: dict[str, type[KaiboError]] = {
    "no_such_draw": NoSuchDraw, "void": DrawVoid, "frozen": DrawFrozen, "too_early": DrawNotOpen, "not_eligible": NotEligible,
}  # fmt: skip
ELIGIBLE = {"followed": "先关注店铺 / follow the shop first", "commented": "先在直播间发言 / say something in the room first", "claimed": "先抢到商品 / claim something first"}


class WitnessAsk(Struct, frozen=True):
    """A viewer who promises a secret: SHA-256 over the draw, the name and the secret."""

    name: Annotated[str, Meta(min_length=1, max_length=24)]
    commitment: _Hex


class RevealAsk(Struct, frozen=True):
    secret: _Hex


class EntryAnswer(Struct, frozen=True):
    """The entry everybody can see in the list, and the receipt only the entrant has: its hash is in the list too."""

    entry: UUID
    receipt: str


class PrizeAnswer(Struct, frozen=True):
    prize: int
    code: str


@dataclass(frozen=True, slots=True)
class _FrozenList:
    """A frozen list with its tree."""

    entrants: list[Entrant]
    levels: list[list[bytes]]
    place: dict[str, int]
    commitment: str
    body: bytes


class DrawCalls:
    """The room's calls about draws; `routes` are mounted by the application."""

    def __init__(self, dsn: str, pool: Pool, rooms: Rooms, desk: Callable[[], Desk], pages: Pages) -> None:
        self._dsn = dsn
        self._pages = pages
        self._pool = pool
        self._rooms = rooms
        self._desk = desk
        self._pace = Rate(per_second=2, burst=6)
        self._threads = asyncio.Semaphore(4)
        self._frozen: OrderedDict[UUID, _FrozenList] = OrderedDict()
        self._files: OrderedDict[UUID, bytes] = OrderedDict()
        self._briefs: dict[UUID, tuple[float, dict[str, Any]]] = {}

    def routes(self) -> list[Route]:
        one = "/rooms/{room}/draws/{draw:uuid}"
        return [
            Route(one, self._show),
            Route(f"{one}/entries", self._enter, methods=["POST"]),
            Route(f"{one}/mine", self._mine),
            Route(f"{one}/prize", self._claim_prize, methods=["POST"]),
            Route(f"{one}/witnesses", self._promise, methods=["POST"]),
            Route(f"{one}/reveals", self._reveal, methods=["POST"]),
            Route(f"{one}/entrants", self._entrants),
            Route(f"{one}/proof/{{entry:uuid}}", self._proof),
            Route(f"{one}/file", self._file),
            Route("/draw/{room}/{draw:uuid}", self._page),
        ]

    # ── acts of a viewer ──────────────────────────────────────────────────────────────────────────────────────────

    async def _enter(self, request: Request) -> Response:
        who = await self._visitor(request)
        room, draw = _path(request)
        receipt = secrets.token_hex(16)
        row = await self._one(
            "select * from room.enter_draw(%s, %s, %s, %s, %s, %s, %s)",
            (room, draw, who.visitor, masked(who.nickname), new_id(), receipt, seal_of(receipt)),
        )
        if row is None:
            raise NoSuchDraw
        result, entry, kept, _opens_at, eligibility = row
        if no := NO_FOR.get(result):
            raise no(**({"reason": ELIGIBLE[eligibility]} if result == "not_eligible" else {}))
        return _json(EntryAnswer(entry, kept), 201 if result == "entered" else 200)

    async def _mine(self, request: Request) -> Response:
        who = await self._visitor(request)
        room, draw = _path(request)
        row = await self._one(
            """select e.entry, e.receipt, e.name, w.name, w.commitment, w.secret <> '', p.place, p.prize, p.state, p.claim_by, p.code
                 from room.draws d
                 left join room.draw_entries e on e.draw = d.draw and e.visitor = %s
                 left join room.draw_witnesses w on w.draw = d.draw and w.who = %s
                 left join room.draw_places p on p.draw = d.draw and p.entry = e.entry
                where d.draw = %s and d.room = %s""",
            (who.visitor, who.visitor, draw, room),
        )
        if row is None:
            raise NoSuchDraw
        names = ("entry", "receipt", "name", "witness", "commitment", "has_shown", "place", "prize", "prize_state", "claim_by", "code")
        return _json(dict(zip(names, row, strict=True)), 200)

    async def _claim_prize(self, request: Request) -> Response:
        who = await self._visitor(request)
        room, draw = _path(request)
        prize, code = await self._do(
            lambda cur: draw_backoffice.claim_prize(cur, room=room, draw=draw, visitor=who.visitor, now=utc_now())
        )
        return _json(PrizeAnswer(prize, code), 200)

    async def _promise(self, request: Request) -> Response:
        who = await self._visitor(request)
        room, draw = _path(request)
        asked = await _read(request, WitnessAsk)
        name = asked.name.strip()
        if not name:
            raise NotReadable(why="name")
        await self._do(
            lambda cur: draw_backoffice.commit_witness(
                cur, room=room, draw=draw, who=who.visitor, kind="viewer", name=name, commitment=asked.commitment, now=utc_now()
            )
        )
        return _json({"name": name}, 201)

    async def _reveal(self, request: Request) -> Response:
        who = await self._visitor(request)
        room, draw = _path(request)
        asked = await _read(request, RevealAsk)
        await self._do(
            lambda cur: draw_backoffice.reveal_secret(
                cur, room=room, draw=draw, who=who.visitor, secret=asked.secret, now=utc_now()
            )
        )
        return _json({"shown": True}, 202)

    async def _visitor(self, request: Request) -> Visitor:
        room = request.path_params["room"]
        live = await self._rooms.get(room)
        desk = self._desk()
        who = desk.visitor_of(request.scope, room)
        desk.require_pace(self._pace, who, live)
        return who

    # ── what everybody may see ────────────────────────────────────────────────────────────────────────────────────

    async def _show(self, request: Request) -> Response:
        """Everything about a draw; after it, the published file too, unless `?brief=1` asks for less."""
        room, draw = _path(request)
        brief = await self._brief(room, draw)
        body = _encode(brief)
        if brief["state"] == "drawn" and "brief" not in request.query_params:
            body = body[:-1] + b',"file":' + await self._file_of(room, draw) + b"}"
        return _public(body)

    async def _brief(self, room: str, draw: UUID) -> dict[str, Any]:
        kept = self._briefs.get(draw)
        if kept is not None and kept[0] > time.monotonic() and kept[1]["room"] == room:
            return kept[1]
        row = await self._one(
            """select room.draw_card(d)::text, d.rules, d.freeze_text, (select count(*) from room.draw_entries e where e.draw = d.draw),
                      (select coalesce(json_agg(json_build_object('name', w.name, 'kind', w.kind, 'commitment', w.commitment,
                                                'has_shown', w.secret <> '') order by w.committed_at, w.name), '[]'::json)::text
                         from room.draw_witnesses w where w.draw = d.draw)
                 from room.draws d where d.draw = %s and d.room = %s""",
            (draw, room),
        )
        if row is None:
            raise NoSuchDraw
        card, rules, freeze, entries, witnesses = row
        brief: dict[str, Any] = _decode(card) | {
            "room": room, "rules": _decode(rules), "freeze": _decode(freeze) if freeze else None, "entries": entries,
            "witnesses": _decode(witnesses), "proof_page": f"/draw/{room}/{draw}",
        }  # fmt: skip
        if len(self._briefs) > 500:
            self._briefs.clear()
        self._briefs[draw] = (time.monotonic() + BRIEF_SECONDS, brief)
        return brief

    async def _entrants(self, request: Request) -> Response:
        """The frozen list, published before the draw: whoever keeps it can check the draw without us."""
        return _public((await self._list(*_path(request))).body)

    async def _proof(self, request: Request) -> Response:
        """That one entry is in the frozen list, provable with the root alone."""
        room, draw = _path(request)
        there = await self._list(room, draw)
        index = there.place.get(str(request.path_params["entry"]))
        if index is None:
            raise NoSuchEntry
        return _public(
            _encode({
                "draw": str(draw), "commitment": there.commitment, "root": there.levels[-1][0].hex(), "size": len(there.entrants),
                "index": index, "entrant": there.entrants[index].row(), "path": [one.hex() for one in path_to(there.levels, index)],
            })
        )  # fmt: skip

    async def _file(self, request: Request) -> Response:
        room, draw = _path(request)
        body = await self._file_of(room, draw)
        headers = _PUBLIC | {"content-disposition": f'attachment; filename="kaibo-draw-{draw}.json"'}
        return Response(body, media_type="application/json", headers=headers)

    async def _page(self, request: Request) -> Response:
        await self._rooms.get(request.path_params["room"])
        policy = "default-src 'self'; connect-src 'self' https:; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
        return self._pages.page("draw.html", request, {"content-security-policy": policy, "referrer-policy": "same-origin"})

    # ── inside ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _list(self, room: str, draw: UUID) -> _FrozenList:
        brief = await self._brief(room, draw)
        if brief["freeze"] is None:
            raise DrawNotFrozen
        if (kept := self._frozen.get(draw)) is None:
            kept = await self._do(lambda cur: _frozen_list(draw_backoffice.entrants_of(cur, draw), brief["commitment"]))
            _keep(self._frozen, draw, kept)
        return kept

    async def _file_of(self, room: str, draw: UUID) -> bytes:
        await self._brief(room, draw)
        if (kept := self._files.get(draw)) is None:
            text = await self._do(lambda cur: draw_backoffice.file_of(cur, draw))
            if text is None:
                raise DrawNotDrawn
            kept = text.encode()
            _keep(self._files, draw, kept)
        return kept

    async def _one(self, query: str, parameters: tuple[Any, ...]) -> tuple[Any, ...] | None:
        try:
            async with self._pool.connection(timeout=3) as connection:
                return await (await connection.execute(query, parameters)).fetchone()
        except AWAY as away:
            raise RoomsAway from away

    async def _do(self, work: Callable[[psycopg.Cursor[Any]], _T]) -> _T:
        """Run work with a cursor of its own transaction, off the event loop: it may be long, and it is rare."""

        def with_cursor() -> _T:
            with psycopg.connect(self._dsn, connect_timeout=3, application_name="kaibo-room-draws") as connection:
                with connection.cursor() as cur:
                    return work(cur)

        try:
            async with self._threads:
                return await asyncio.to_thread(with_cursor)
        except AWAY as away:
            raise RoomsAway from away


def _frozen_list(entrants: list[Entrant], commitment: str) -> _FrozenList:
    body = _encode({"commitment": commitment, "entrants": [one.row() for one in entrants]})
    place = {one.entry: number for number, one in enumerate(entrants)}
    return _FrozenList(entrants, levels_of(leaves_of(entrants)), place, commitment, body)


def _keep(there: OrderedDict[UUID, _T], draw: UUID, what: _T) -> None:
    there[draw] = what
    while len(there) > MOST_KEPT:
        there.popitem(last=False)


def _path(request: Request) -> tuple[str, UUID]:
    return request.path_params["room"], request.path_params["draw"]


async def _read(request: Request, kind: type[_T]) -> _T:
    body = await read_body(request.receive, limit_bytes=MOST_BODY_BYTES)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as wrong:
        raise NotReadable(why=str(wrong)) from wrong


_PUBLIC = {"access-control-allow-origin": "*", "cache-control": "no-store"}


def _public(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers=_PUBLIC)


def _json(answer: Any, status: int) -> Response:
    return Response(_encode(answer), status, media_type="application/json", headers={"cache-control": "no-store"})

