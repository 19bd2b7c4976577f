"""
What simulated viewers do besides talking: claim, give an address and pay in the sandbox, wait for units, vote, enter draws, witness them.

Only calls of the room's public contract, as a phone makes them.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kaibo.demo.buyers import buyer
from kaibo.kit.draws import witness_commitment

if TYPE_CHECKING:
    from kaibo.demo.viewers import Connection, Room, Viewer

ONE_IN_THAT_NEVER_PAYS = 12


async def claim(viewer: Viewer, item: str) -> None:
    """This function will claim an item, pay what was got, or wait in line for what is gone."""
    body = {"item": item, "quantity": 2 if viewer.chance.random() < 0.12 else 1}
    status, answer = await viewer.ask("POST", "claims", body, key=str(uuid.uuid4()))
    if status == 201:
        await pay(viewer, answer["claim"])
    elif status == 409 and answer["code"] == "sold_out" and viewer.chance.random() < 0.5:
        await viewer.ask("POST", "waitlist", {"item": item, "quantity": 1})
        viewer.is_waiting = True


async def pay(viewer: Viewer, claimed: str) -> None:
    """This function will do what a buyer does on the phone: address, sandbox wallet, 支付. One in twelve thinks better of it."""
    if viewer.chance.randrange(ONE_IN_THAT_NEVER_PAYS) == 0:
        return
    await asyncio.sleep(viewer.chance.uniform(4, 40))
    name, phone, address = buyer(viewer.chance.randrange(1_000_003))
    await viewer.ask("PUT", f"claims/{claimed}/address", {"name": name, "phone": phone, "address": address})
    status, answer = await viewer.ask("POST", f"claims/{claimed}/payment", {"channel": "sandbox"})
    if status == 200:
        await viewer.connection.ask("POST", urlsplit(answer["url"]).path)


async def look_at_mine(viewer: Viewer) -> None:
    """This function will pay what a place in the line has turned into."""
    status, mine = await viewer.ask("GET", "mine")
    if status != 200:
        return
    viewer.is_waiting = any(one["state"] == "waiting" for one in mine["waits"])
    for one in mine["claims"]:
        if one["is_offer"] and one["state"] == "unpaid":
            await pay(viewer, one["claim"])


async def take_part(viewer: Viewer) -> None:
    """This function will vote in an open poll and enter an open draw, once each."""
    for poll in viewer.room.polls:
        if poll["state"] == "open" and poll["poll"] not in viewer.seen:
            viewer.seen.add(poll["poll"])
            await viewer.ask("POST", f"polls/{poll['poll']}/votes", {"option": viewer.chance.choice(poll["options"])["option"]})
            return
    for draw in viewer.room.draws:
        if draw["state"] == "open" and draw["draw"] not in viewer.seen:
            viewer.seen.add(draw["draw"])
            await viewer.ask("POST", f"draws/{draw['draw']}/entries", {})
            return


async def bear_witness(room: Room, connection: Connection, chance: random.Random) -> None:
    """This function will promise a secret for every draw that wants witnesses and show it once the list is frozen."""
    name, token, promised = "山茶（老客）", "", dict[str, str]()
    while True:
        await asyncio.sleep(chance.uniform(2, 4))
        if not token:
            status, answer = await connection.ask("POST", f"/rooms/{room.slug}/visitors", body={"nickname": name})
            token = answer["token"] if status == 201 else ""
        for draw in room.draws if token else ():
            await _witness(draw, name, promised, lambda path, body, own=token: connection.ask("POST", f"/rooms/{room.slug}/{path}", token=own, body=body))


async def _witness(draw: Mapping[str, Any], name: str, promised: dict[str, str], post: Any) -> None:
    key = draw["draw"]
    if draw["state"] == "open" and draw["kind"] == "witnesses" and key not in promised:
        promised[key] = secrets.token_hex(32)
        await post(f"draws/{key}/witnesses", {"name": name, "commitment": witness_commitment(key, name, promised[key])})
    elif draw["state"] == "frozen" and promised.get(key):
        await post(f"draws/{key}/reveals", {"secret": promised[key]})
        promised[key] = ""
