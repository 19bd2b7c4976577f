"""
What turns of a claim mean for its order, whether it stands already (the follower) or is made just now (the relay): the
receiver out of the room's sealed box into the vault, the payment's row, and claims whose money and address came first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection

from kaibo.kit import sealed_box
from kaibo.kit.ids import new_id, new_ids
from kaibo.plumbing.bulk_cursor import bulk_cursor
from kaibo.plumbing.copying import copy_rows
from kaibo.plumbing.vault import vault
from kaibo.room import claim_life
from kaibo.room.claim_life import Turn
from kaibo.stages.orders import couponed
from kaibo.stages.orders.addresses.parser import Address, parse_address
from kaibo.stages.orders.marks import masked_receiver, receiver_mark
from kaibo.stages.orders.models import Payment
from kaibo.stages.orders.verification import Field, Wrong, check_address

PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
_SPACES = re.compile(r"[\s-]")
_fields = msgspec.json.Decoder(dict[str, str]).decode
RECEIVER_COLUMNS = (
    "buyer_subject_id", "receiver_sealed", "phone_tail", "receiver_masked", "receiver_mark", "province", "city", "area",
)  # fmt: skip


class Receiver(msgspec.Struct, frozen=True):
    """The values of `RECEIVER_COLUMNS`, and what is wrong with the address."""

    columns: tuple[object, ...]
    wrong: Wrong | None


NO_RECEIVER = Receiver((None, None, "", "", "", "", "", ""), None)


class Whole(msgspec.Struct, frozen=True):
    """A claim that is no order yet and was paid in time and given an address: its order is made as it will stay."""

    paid: Turn
    turns: tuple[int, ...]
    receiver: Receiver


def whole_claims(claims: Sequence[UUID], now: datetime) -> dict[int, Whole]:
    """
    This function will give what was paid and addressed of claims that are no orders yet, by the claim's number
    (`UUID.int`), and take the turns and addresses.

    The caller keeps other followers out and makes the orders in the same transaction. A claim with any other turn
    before its money waits for the follower, and so does a later turn.
    """
    by_claim: dict[int, list[Turn]] = defaultdict(list)
    with bulk_cursor() as cursor:
        for turn in claim_life.turns_of_new(cursor, claims):
            by_claim[turn.claim.int].append(turn)
    ready = {claim: turns for claim, turns in by_claim.items() if _is_whole(turns)}
    found = {}
    for one, receiver in open_receivers([turns[0].claim for turns in ready.values()], now):
        turns = ready[one.int]
        paid = next(turn for turn in turns if turn.kind == "paid")
        found[one.int] = Whole(paid, tuple(turn.turn for turn in turns if turn.kind in ("paid", "addressed")), receiver)
    with bulk_cursor() as cursor:
        claim_life.take_turns(cursor, [turn for one in found.values() for turn in one.turns])
    return found


def _is_whole(turns: Sequence[Turn]) -> bool:
    kinds = [one.kind for one in turns]
    return kinds.count("paid") == 1 and "addressed" in kinds and not {"expired", "late"}.intersection(kinds)


def book(booked: Sequence[tuple[Turn, str]]) -> dict[int, UUID]:
    """This function will write the payments turns told of, each with its outcome, and give their ids by turn."""
    ids = dict(zip((one.turn for one, _ in booked), new_ids(len(booked)), strict=True))
    copy_rows(
        Payment,
        ("id", "order_id", "channel", "payment_id", "payment_no", "paid_fen", "paid_at", "outcome"),
        ((ids[one.turn], one.claim, one.channel, one.payment, one.transaction, one.received_fen, one.paid_at, outcome) for one, outcome in booked),
    )
    couponed.lower_amounts([one for one, outcome in booked if outcome != "refund_due"])
    return ids


def open_receivers(claims: Sequence[UUID], now: datetime) -> list[tuple[UUID, Receiver]]:
    """
    This function will take the addresses of claims out of the room, seal them for the persons and read them; a claim
    whose address was taken before is left out.

    Raises: BoxNotOurs.   Source: PIPL art. 51.
    """
    if not claims:
        return []
    key = sealed_box.private_key(settings.SECRET_KEY, claim_life.ADDRESSES)
    with bulk_cursor() as cursor:
        fields = [(claim, _fields(content)) for claim, content in claim_life.take_addresses(cursor, claims, key)]
    for _, one in fields:
        one["phone"] = _SPACES.sub("", one["phone"])
    last = {one["phone"]: one for _, one in fields}
    persons = _sealed_persons(last, now)
    found = []
    for claim, one in fields:
        phone = one["phone"]
        read = parse_address(one["address"])
        subject, blob = persons[phone]
        if last[phone] is not one:  # one person, several addresses in this batch
            blob = vault.seal_fields(subject, one)
        columns = (
            subject, blob, phone[-4:], masked_receiver(one["name"], phone), receiver_mark(phone, one["address"]),
            read.province, read.city, read.area,
        )  # fmt: skip
        found.append((claim, Receiver(columns, _wrong(read, one))))
    return found


def _sealed_persons(last: dict[str, dict[str, str]], now: datetime) -> dict[str, tuple[UUID, bytes]]:
    """Phone → (subject, blob). Somebody who was erased and buys again is a new person: nothing old opens with the new key."""
    if not last:
        return {}
    try:
        found = vault.seal_persons({f"phone:{phone}": one for phone, one in last.items()}, now=now)
        return {phone: found[f"phone:{phone}"] for phone in last}
    except vault.PersonErased:
        if len(last) > 1:
            return {phone: _sealed_persons({phone: one}, now)[phone] for phone, one in last.items()}
        ((phone, one),) = last.items()
        anew = f"phone:{phone}:{new_id()}"
        return {phone: vault.seal_persons({anew: one}, now=now)[anew]}


def _wrong(read: Address, fields: dict[str, str]) -> Wrong | None:
    if not PHONE.fullmatch(fields["phone"]):
        return Wrong(Field.ADDRESS, "", "address_phone")
    return check_address(read, fields["address"])


def find_addresses(found: dict[UUID, Wrong], now: datetime) -> None:
    """This function will open an address finding on each order that has none yet."""
    if not found:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH made AS (
                   INSERT INTO orders_finding (id, order_id, line_id, field, wrong, proposed, confidence_bp, reason, details, alias_text, state,
                                               found_at, decided_by, decision_reason)
                   SELECT t.id, t.o, NULL, 'address', t.wrong, '', 0, t.reason, '{}', '', 'open', %s, '', ''
                     FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[]) AS t (id, o, wrong, reason) ORDER BY t.o
                   ON CONFLICT (order_id, line_id, field) DO UPDATE SET wrong = excluded.wrong, reason = excluded.reason, state = 'open',
                                                                        decided_by = '', decided_at = NULL
                    WHERE orders_finding.state <> 'open'
                   RETURNING order_id)
               UPDATE orders_order o SET open_findings = open_findings + 1 FROM made WHERE o.id = made.order_id""",
            [now, [new_id() for _ in found], list(found), [one.wrong for one in found.values()], [one.reason for one in found.values()]],
        )
