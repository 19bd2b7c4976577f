"""Viewers who claim over HTTP whatever happens to the room, and remember every answer they were given."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import httpx

PAUSE_SECONDS = 0.5
RETRY_SECONDS = 0.3


@dataclass(frozen=True)
class Told:
    """What a viewer was told about one key, once and for all."""

    result: str
    claim: str = ""
    quantity: int = 0
    amount_fen: int = 0


@dataclass
class Claimers:
    """
    A crowd that asks the same key until it has an answer; now and then it asks an answered key again.

    `told` is the memory of what was acknowledged, `twice` every key that was told two different things.
    """

    base: str
    room: str
    item: str
    seed: int
    count: int = 8
    told: dict[tuple[str, str], Told] = field(default_factory=dict)
    twice: list[tuple[tuple[str, str], Told, Told]] = field(default_factory=list)
    seen: Counter = field(default_factory=Counter)
    quantities: tuple[int, int] = (1, 3)
    stopping: bool = False

    async def run(self) -> None:
        """This function will claim until `stopping`; every claimer finishes the key it has in hand."""
        await asyncio.gather(*(self._claimer(number) for number in range(self.count)))

    async def _claimer(self, number: int) -> None:
        chance = random.Random(f"{self.seed}-{number}")
        async with httpx.AsyncClient(base_url=self.base, timeout=10) as http:
            visitor, token = await self._enter(http, number)
            count = 0
            while not self.stopping:
                count += 1
                key, quantity = f"c{number}-{count}", chance.randint(*self.quantities)
                await self._ask(http, token, (visitor, key), quantity)
                if chance.random() < 0.1:
                    self.seen["asked again"] += 1
                    await self._ask(http, token, (visitor, key), quantity)
                await asyncio.sleep(chance.uniform(0.5, 1.5) * PAUSE_SECONDS)

    async def _enter(self, http: httpx.AsyncClient, number: int) -> tuple[str, str]:
        while True:
            try:
                answer = await http.post(f"/rooms/{self.room}/visitors", json={"nickname": f"观众{number}"})
                if answer.status_code == 201:
                    return answer.json()["visitor"], answer.json()["token"]
            except httpx.HTTPError:
                self.seen["no answer"] += 1
            await asyncio.sleep(RETRY_SECONDS)

    async def _ask(self, http: httpx.AsyncClient, token: str, who: tuple[str, str], quantity: int) -> None:
        while True:
            try:
                answer = await http.post(
                    f"/rooms/{self.room}/claims",
                    json={"item": self.item, "quantity": quantity},
                    headers={"Authorization": f"Bearer {token}", "Idempotency-Key": who[1]},
                )
            except httpx.HTTPError:
                self.seen["no answer"] += 1
            else:
                if told := self._read(answer):
                    before = self.told.setdefault(who, told)
                    if before != told:
                        self.twice.append((who, before, told))
                    self.seen[told.result] += 1
                    return
            await asyncio.sleep(RETRY_SECONDS)

    def _read(self, answer: httpx.Response) -> Told | None:
        if answer.status_code == 201:
            body = answer.json()
            return Told("claimed", body["claim"], body["quantity"], body["amount_fen"])
        code = answer.json()["code"]
        if code.endswith("sold_out"):
            return Told("sold_out")
        self.seen[code] += 1
        return None
