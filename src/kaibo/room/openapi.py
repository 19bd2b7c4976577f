"""The room's own OpenAPI document, made from the wire structs."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from kaibo.room import coupons, draws, follows, paying_wire, wire
from kaibo.room.reports import ReportAnswer, ReportAsk

_ERRORS = {
    "401": "token_needed", "403": "token_of_another_room", "404": "not found", "409": "conflict", "422": "not valid",
    "429": "too fast or queue full (Retry-After)", "503": "unavailable, nothing was changed",
}  # fmt: skip
_ROOM = {"name": "room", "in": "path", "required": True, "schema": {"type": "string"}}
_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 100},
}  # fmt: skip
_AFTER = {"name": "after", "in": "query", "schema": {"type": "integer"}}
_LAST = {"name": "Last-Event-ID", "in": "header", "schema": {"type": "integer"}}
_DRAW = {"name": "draw", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_ENTRY = {"name": "entry", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_POLL = {"name": "poll", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_CLAIM = {"name": "claim", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}

_COUPON = {"name": "coupon", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_ITEM = {"name": "item", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_CHANNEL = {"name": "channel", "in": "path", "required": True, "schema": {"type": "string"}}
_STRUCTS = (
    wire.VisitorAsk, wire.VisitorAnswer, wire.ClaimAsk, wire.ClaimAnswer, wire.MessageAsk, wire.LikesAsk,
    wire.VoteAsk, wire.VoteAnswer, wire.EventAsk, wire.EventsAnswer, draws.WitnessAsk, draws.RevealAsk, draws.EntryAnswer, draws.PrizeAnswer, follows.Following, wire.Refused,
    paying_wire.PaymentAsk, paying_wire.PaymentAnswer, paying_wire.AddressAsk, paying_wire.ClaimState, paying_wire.WaitAsk,
    paying_wire.WaitState, paying_wire.Mine, coupons.TakeAnswer, coupons.HeldCoupons,
    ReportAsk, ReportAnswer,
)  # fmt: skip


@cache
def document() -> bytes:
    """This function will give the document as JSON."""
    _, components = msgspec.json.schema_components(_STRUCTS, ref_template="#/components/schemas/{name}")
    components["Events"] = {
        "type": "object", "required": ["events"],
        "properties": {"events": {"type": "array", "maxItems": wire.MOST_EVENTS_IN_A_BATCH, "items": _ref("EventAsk")}},
    }  # fmt: skip
    paths: dict[str, Any] = {
        "/health": {"get": _call("Ready for claims", "200", None, errors=("503",), is_open=True)},
        "/rooms/{room}": {"get": _call("Snapshot", "200", None, params=[_ROOM], errors=("404", "503"), is_open=True)},
        "/rooms/{room}/visitors": {
            "post": _call("Enter the room", "201", "VisitorAnswer", "VisitorAsk", [_ROOM], ("404", "422"), is_open=True)
        },
        "/rooms/{room}/stream": {
            "get": _call(
                "Server-sent events", "200", None, None, [_ROOM, _AFTER, _LAST], ("404", "422", "503"), is_open=True
            )
        },
        "/rooms/{room}/claims": {
            "post": _call(
                "Claim units; answered after the commit",
                "201",
                "ClaimAnswer",
                "ClaimAsk",
                [_ROOM, _KEY],
                tuple(_ERRORS),
            )
        },
        "/rooms/{room}/claims/{claim}": {
            "get": _call("My claim", "200", "ClaimState", None, [_ROOM, _CLAIM], ("401", "403", "404", "503"))
        },
        **_paying_paths(),
        "/rooms/{room}/messages": {
            "post": _call("Say something", "202", None, "MessageAsk", [_ROOM], ("401", "422", "429"))
        },
        "/rooms/{room}/reports": {
            "post": _call("Report what is wrong", "201", "ReportAnswer", "ReportAsk", [_ROOM], ("401", "422", "429", "503"))
        },
        "/rooms/{room}/polls/{poll}/votes": {
            "post": _call(
                "Vote once; answered after the commit", "201", "VoteAnswer", "VoteAsk", [_ROOM, _POLL],
                ("401", "403", "404", "409", "422", "429", "503"),
            )
        },
        "/rooms/{room}/follow": _follow_calls(),
        "/rooms/{room}/likes": {"post": _call("Like", "202", None, "LikesAsk", [_ROOM], ("401", "422", "429"))},
        "/rooms/{room}/events": {
            "post": _call("Behaviour events", "200", "EventsAnswer", "Events", [_ROOM], ("401", "422", "429", "503"))
        },
        **_draw_paths(),
    }
    security = {"visitor": {"type": "http", "scheme": "bearer"}}
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "Kaibo room", "version": "1"},
            "paths": paths,
            "components": {"schemas": components, "securitySchemes": security},
        }
    )


def _paying_paths() -> dict[str, Any]:
    return {
        "/rooms/{room}/claims/{claim}/payment": {
            "post": _call("Open the payment of my claim", "200", "PaymentAnswer", "PaymentAsk", [_ROOM, _CLAIM], ("401", "404", "409", "422", "429", "503"))
        },
        "/rooms/{room}/claims/{claim}/address": {
            "put": _call("Say where my claim goes", "200", None, "AddressAsk", [_ROOM, _CLAIM], ("401", "404", "409", "422", "429", "503"))
        },
        "/rooms/{room}/mine": {"get": _call("My claims and waits", "200", "Mine", None, [_ROOM], ("401", "403", "429", "503"))},
        "/rooms/{room}/waitlist": {
            "post": _call("Wait for units that come back", "201", "WaitState", "WaitAsk", [_ROOM], ("401", "409", "422", "429", "503"))
        },
        "/rooms/{room}/waitlist/{item}": {
            "delete": _call("Wait no longer", "200", None, None, [_ROOM, _ITEM], ("401", "404", "429", "503"))
        },
        "/rooms/{room}/coupons": {"get": _call("My coupons", "200", "HeldCoupons", None, [_ROOM], ("401", "403", "429", "503"))},
        "/rooms/{room}/coupons/{coupon}/take": {
            "post": _call("Take a coupon; answered after the commit", "201", "TakeAnswer", None, [_ROOM, _COUPON], ("401", "403", "404", "409", "422", "429", "503"))
        },
        "/pay": {"get": _call("Ways to pay", "200", None, is_open=True)},
        "/pay/{channel}": {"post": _call("Notify call of a payment channel, signed its own way", "200", None, None, [_CHANNEL], ("403", "404", "422", "503"), is_open=True)},
    }


def _follow_calls() -> dict[str, Any]:
    words = {"get": "Do I follow the shop?", "put": "Follow the shop", "delete": "Follow no longer; nothing of it is kept"}
    return {how: _call(said, "200", "Following", None, [_ROOM], ("401", "403", "404", "429", "503")) for how, said in words.items()}


def _draw_paths() -> dict[str, Any]:
    one, params, errors = "/rooms/{room}/draws/{draw}", [_ROOM, _DRAW], ("401", "403", "404", "409", "422", "429", "503")
    seen: dict[str, Any] = {"params": params, "errors": ("404", "409", "503"), "is_open": True}
    return {
        one: {"get": _call("A draw; after it, all that repeats it (?brief=1 without the file)", "200", None, **seen)},
        f"{one}/entries": {"post": _call("Enter, once a visitor (again: 200)", "201", "EntryAnswer", None, params, errors)},
        f"{one}/mine": {"get": _call("My entry, place and promise", "200", None, None, params, ("401", "403", "404", "429", "503"))},
        f"{one}/prize": {"post": _call("Claim what I won", "200", "PrizeAnswer", None, params, errors)},
        f"{one}/witnesses": {"post": _call("Promise a secret before the freeze", "201", None, "WitnessAsk", params, errors)},
        f"{one}/reveals": {"post": _call("Show the secret after the freeze", "202", None, "RevealAsk", params, errors)},
        f"{one}/entrants": {"get": _call("The frozen list", "200", None, **seen)},
        f"{one}/proof/{{entry}}": {"get": _call("An entry's Merkle path", "200", None, **(seen | {"params": [*params, _ENTRY]}))},
        f"{one}/file": {"get": _call("The published file", "200", None, **seen)},
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _call(
    summary: str,
    status: str,
    answer: str | None,
    asks: str | None = None,
    params: list[dict[str, Any]] | None = None,
    errors: tuple[str, ...] = (),
    *,
    is_open: bool = False,
) -> dict[str, Any]:
    responses: dict[str, Any] = {status: {"description": "done"}}
    if answer:
        responses[status]["content"] = {"application/json": {"schema": _ref(answer)}}
    for code in errors:
        content = {"application/json": {"schema": _ref("Refused")}}
        responses[code] = {"description": _ERRORS[code], "content": content}
    call: dict[str, Any] = {"summary": summary, "parameters": params or [], "responses": responses}
    if asks:
        call["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(asks)}}}
    if not is_open:
        call["security"] = [{"visitor": []}]
    return call
