"""
The back of house's side of draws: publish, freeze, draw once, let alternates step up. See docs/adr/0007.

As in `backoffice`: each takes a cursor first, works in the caller's transaction, never commits and announces its event
there. Lock order: the room row, the draw row, then rows of the draw.   Source: LIV-5, LIV-10.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from kaibo.kit import draw_rules, draws
from kaibo.kit.draws import BEACON, WITNESSES, Entrant, Pulse, Witness
from kaibo.kit.ids import readable_code
from kaibo.kit.merkle import root_of
from kaibo.room.backoffice import Cursor, _lock_room
from kaibo.room.draw_complaints import (
    DrawCannotBeVoided,
    DrawMovedOn,
    DrawRulesIncomplete,
    DrawTooEarly,
    ListChanged,
    NoSuchDraw,
    NothingWon,
    PrizeForfeited,
    PromiseUnreadable,
    PulseWrong,
    RevealsMissing,
    SecretNotPromised,
    WitnessesFull,
    WitnessTaken,
)

_PROMISE = re.compile(r"[0-9a-f]{64}", re.ASCII)
MOST_WITNESSES = {"viewer": 20, "staff": 10}


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw as its row says, locked for this transaction when asked so."""

    draw: UUID
    room: str
    rules: Mapping[str, Any]
    state: str
    house_secret: str
    freeze: Mapping[str, Any] | None
    commitment: str | None
    reveal_until: datetime | None

    @property
    def is_beacon(self) -> bool:
        return bool(self.rules["entropy"]["kind"] == BEACON)

    @property
    def draws_at(self) -> datetime:
        return moment(self.rules["draws_at_unix"])


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """A witness as staff may see: who, and whether the secret was shown – never the secret itself before the draw."""

    name: str
    kind: str
    who: str
    has_shown: bool


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the result: winner or alternate, and how far its claim is."""

    place: int
    entry: UUID
    visitor: str
    name: str
    prize: int | None
    state: str
    claim_by: datetime | None
    code: str | None
    steps_up_for: int | None


def moment(unix_seconds: int) -> datetime:
    return datetime.fromtimestamp(unix_seconds, UTC)


# ── promise ────────────────────────────────────────────────────────────────────────────────────────────────────────


def publish_draw(cur: Cursor, *, room: str, rules: Mapping[str, Any]) -> str:
    """
    This function will publish a draw's rules for good and open its entries at their time; it gives the rules' hash.

    For a draw with witnesses the house's own secret is made here and promised inside the rules, before anybody can
    enter; `rules["entropy"]["house_commitment"]` is filled in.   Raises: DrawRulesIncomplete, RoomIsNotHere.
    """
    house = ""
    whole = json.loads(draws.canonical(rules))
    if whole["entropy"]["kind"] == WITNESSES:
        house = secrets.token_hex(32)
        whole["entropy"]["house_commitment"] = draws.house_commitment(whole["draw"], house)
    if (at := draw_rules.misshapen(whole, draw_rules.SHAPE["rules"])) is not None:
        raise DrawRulesIncomplete(fields=at.strip("."))
    if lacking := draw_rules.missing(whole):
        raise DrawRulesIncomplete(fields=", ".join(lacking))
    _lock_room(cur, room)
    text = draws.canonical(whole).decode()
    rules_hash = sha256(text.encode()).hexdigest()
    cur.execute(
        """insert into room.draws (draw, room, title, rules, rules_hash, kind, eligibility, house_secret, least_reveals,
                                   claim_within_seconds, published_at, opens_at, closes_at, draws_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            whole["draw"], room, whole["title"], text, rules_hash, whole["entropy"]["kind"], whole["eligibility"], house,
            whole["entropy"]["least_reveals"], whole["claim_within_seconds"],
            *(moment(whole[f"{name}_at_unix"]) for name in ("published", "opens", "closes", "draws")),
        ),
    )  # fmt: skip
    _announce_draw(cur, whole["draw"])
    return rules_hash


def commit_witness(
    cur: Cursor, *, room: str, draw: str | UUID, who: str, kind: str, name: str, commitment: str, now: datetime
) -> None:
    """
    This function will register a witness's promise, which can only be made before the freeze.

    Raises: PromiseUnreadable, NoSuchDraw, DrawMovedOn, WitnessTaken, WitnessesFull.
    """
    if not _PROMISE.fullmatch(commitment):
        raise PromiseUnreadable
    found = draw_of(cur, room=room, draw=draw, lock="no key update")
    if found.is_beacon or found.state != "open" or now >= moment(found.rules["closes_at_unix"]):
        raise DrawMovedOn
    cur.execute(
        "select count(*) filter (where kind = %s), bool_or(who = %s or name = %s or commitment = %s) from room.draw_witnesses where draw = %s",
        (kind, who, name, commitment, draw),
    )
    there, is_taken = cur.fetchone()
    if is_taken:
        raise WitnessTaken
    if there >= MOST_WITNESSES[kind]:
        raise WitnessesFull(most=MOST_WITNESSES[kind])
    cur.execute(
        "insert into room.draw_witnesses (draw, name, who, kind, commitment, committed_at) values (%s, %s, %s, %s, %s, %s)",
        (draw, name, who, kind, commitment, now),
    )


# ── freeze ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def freeze_draw(cur: Cursor, *, room: str, draw: str | UUID, now: datetime) -> str:
    """
    This function will freeze the list and announce its root and the commitment, before the entropy exists.

    Waits for entries in flight; none begins afterwards.   Raises: NoSuchDraw, DrawTooEarly, DrawMovedOn.
    """
    _lock_room(cur, room)
    found = draw_of(cur, room=room, draw=draw, lock="update")
    if found.state != "open":
        raise DrawMovedOn
    if now < moment(found.rules["closes_at_unix"]):
        raise DrawTooEarly
    leaves = draws.leaves_of(entrants_of(cur, draw))
    record = draws.freeze(
        rules=found.rules, leaves=leaves, witnesses=_witnesses(cur, draw), frozen_at_unix=int(now.timestamp())
    )
    commitment = draws.hash_of(record)
    until = moment(record["reveal_until_unix"]) if record["reveal_until_unix"] else None
    cur.execute(
        """update room.draws set state = 'frozen', frozen_at = %s, entrants = %s, root = %s, freeze_text = %s, commitment = %s,
                  reveal_until = %s, round = %s where draw = %s and state = 'open' returning draw""",
        (
            moment(record["frozen_at_unix"]), record["entrants"], record["root"], draws.canonical(record).decode(), commitment,
            until, record["round"] or None, draw,
        ),
    )  # fmt: skip
    if cur.fetchone() is None:
        raise DrawMovedOn
    _announce_draw(cur, draw)
    return commitment


def reveal_secret(cur: Cursor, *, room: str, draw: str | UUID, who: str, secret: str, now: datetime) -> None:
    """
    This function will take the secret a witness promised, after the freeze; the same one again changes nothing.

    Raises: NoSuchDraw, DrawMovedOn, SecretNotPromised.
    """
    found = draw_of(cur, room=room, draw=draw, lock="key share")
    if found.state != "frozen":
        raise DrawMovedOn
    cur.execute("select name, commitment, secret from room.draw_witnesses where draw = %s and who = %s", (draw, who))
    row = cur.fetchone()
    if row is None or draws.witness_commitment(found.rules["draw"], row[0], secret) != row[1]:
        raise SecretNotPromised
    cur.execute(
        "update room.draw_witnesses set secret = %s, revealed_at = %s where draw = %s and who = %s and secret = ''",
        (secret, now, draw, who),
    )


# ── draw ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def hold_draw(cur: Cursor, *, room: str, draw: str | UUID, now: datetime, pulse: Pulse | None = None) -> str:
    """
    This function will draw and publish the result, once and for ever, and give the file's digest.

    Raises: NoSuchDraw, DrawMovedOn (not frozen, or drawn already), DrawTooEarly, RevealsMissing, PulseWrong, ListChanged.
    """
    _lock_room(cur, room)
    found = draw_of(cur, room=room, draw=draw, lock="update")
    if found.state != "frozen" or found.freeze is None:
        raise DrawMovedOn
    entropy = _entropy(cur, found, now, pulse)
    entrants = entrants_of(cur, draw)
    leaves = draws.leaves_of(entrants)
    if root_of(leaves).hex() != found.freeze["root"]:
        raise ListChanged
    told = draws.publish(
        rules=found.rules, frozen=found.freeze, entrants=entrants, entropy=entropy, drawn_at_unix=int(now.timestamp()),
        leaves=leaves,
    )  # fmt: skip
    cur.execute(
        "insert into room.draw_files (draw, file, digest) values (%s, %s, %s) on conflict (draw) do nothing returning draw",
        (draw, draws.canonical(told).decode(), told["digest"]),
    )
    if cur.fetchone() is None:
        raise DrawMovedOn
    cur.execute(
        "update room.draws set state = 'drawn', drawn_at = %s, digest = %s where draw = %s and state = 'frozen' returning draw",
        (now, told["digest"], draw),
    )
    if cur.fetchone() is None:
        raise DrawMovedOn
    _seat(cur, found, told, now)
    _announce_draw(cur, draw)
    return str(told["digest"])


def _entropy(cur: Cursor, found: Draw, now: datetime, pulse: Pulse | None) -> dict[str, Any]:
    if found.freeze is None or now < found.draws_at:
        raise DrawTooEarly
    if found.is_beacon:
        number = found.freeze["round"]
        if now < moment(draws.round_at_unix(found.rules, number)):
            raise DrawTooEarly
        if pulse is None or not is_pulse_of(number, pulse):
            raise PulseWrong(round=number)
        return draws.entropy_of_beacon(pulse)
    witnesses = _witnesses(cur, found.draw)
    shown = sum(1 for one in witnesses if one.secret)
    if shown < found.rules["entropy"]["least_reveals"]:
        raise RevealsMissing(shown=shown, wanted=found.rules["entropy"]["least_reveals"])
    if shown < len(witnesses) and found.reveal_until is not None and now < found.reveal_until:
        raise DrawTooEarly
    return draws.entropy_of_witnesses(found.house_secret, witnesses)


def is_pulse_of(number: int, pulse: Pulse) -> bool:
    """This function will say whether a pulse is the wanted round and its value the hash of its signature."""
    try:
        value = sha256(bytes.fromhex(pulse.signature)).hexdigest()
    except ValueError:
        return False
    return pulse.round == number and bool(pulse.signature) and pulse.randomness == value


def _seat(cur: Cursor, found: Draw, told: Mapping[str, Any], now: datetime) -> None:
    """Write who has won what, and who stands by."""
    claim_by = now + timedelta(seconds=found.rules["claim_within_seconds"])
    rows = [(one["entry"], one["prize"]) for one in told["winners"]] + [(one["entry"], None) for one in told["alternates"]]
    cur.execute(
        """insert into room.draw_places (draw, place, entry, visitor, name, prize, state, claim_by)
           select %s, p.place, p.entry, e.visitor, e.name, p.prize, case when p.prize is null then 'standby' else 'waiting' end,
                  case when p.prize is null then null else %s::timestamptz end
             from unnest(%s::int[], %s::uuid[], %s::int[]) as p(place, entry, prize) join room.draw_entries e on e.entry = p.entry""",
        (found.draw, claim_by, list(range(1, len(rows) + 1)), [entry for entry, _ in rows], [prize for _, prize in rows]),
    )  # fmt: skip


# ── afterwards ─────────────────────────────────────────────────────────────────────────────────────────────────────


def claim_prize(cur: Cursor, *, room: str, draw: str | UUID, visitor: str, now: datetime) -> tuple[int, str]:
    """
    This function will take a winner's claim and give the prize's number and the code to show to customer service.

    The same claim again gives the same code.   Raises: NoSuchDraw, NothingWon, PrizeForfeited.
    """
    _lock_room(cur, room)
    draw_of(cur, room=room, draw=draw, lock="key share")
    cur.execute(
        "select place, prize, state, claim_by, code from room.draw_places where draw = %s and visitor = %s and state <> 'standby' for no key update",
        (draw, visitor),
    )
    row = cur.fetchone()
    if row is None:
        raise NothingWon
    place, prize, state, claim_by, code = row
    if state == "claimed":
        return int(prize), str(code)
    if state == "forfeited" or now >= claim_by:
        raise PrizeForfeited
    code = readable_code()
    cur.execute(
        "update room.draw_places set state = 'claimed', claimed_at = %s, code = %s where draw = %s and place = %s and state = 'waiting'",
        (now, code, draw, place),
    )
    _announce_draw(cur, draw)
    return int(prize), code


def pass_on_unclaimed(cur: Cursor, *, room: str, draw: str | UUID, now: datetime) -> list[tuple[Place, Place | None]]:
    """
    This function will let alternates step up for winners who did not claim in time, in the published order.

    Gives each forfeited place with the one who stepped up, or None when no alternate is left.
    """
    _lock_room(cur, room)
    found = draw_of(cur, room=room, draw=draw, lock="no key update")
    if found.state != "drawn":
        return []
    late = [one for one in places_of(cur, draw) if one.state == "waiting" and one.claim_by is not None and one.claim_by <= now]
    waiting = [one for one in places_of(cur, draw) if one.state == "standby"]
    claim_by = now + timedelta(seconds=found.rules["claim_within_seconds"])
    passed: list[tuple[Place, Place | None]] = []
    for one in late:
        following = waiting.pop(0) if waiting else None
        cur.execute(
            "update room.draw_places set state = 'forfeited', forfeited_at = %s where draw = %s and place = %s and state = 'waiting'",
            (now, draw, one.place),
        )
        if following is not None:
            cur.execute(
                "update room.draw_places set state = 'waiting', prize = %s, claim_by = %s, steps_up_for = %s where draw = %s and place = %s and state = 'standby'",
                (one.prize, claim_by, one.place, draw, following.place),
            )
        passed.append((one, following))
    if passed:
        _announce_draw(cur, draw)
    return passed


def void_draw(cur: Cursor, *, room: str, draw: str | UUID, reason: str, now: datetime) -> None:
    """
    This function will void a draw, visibly and with its reason: before the freeze, or when too few witnesses came.

    Once the result can be known there is no way back.   Raises: NoSuchDraw, DrawMovedOn, DrawCannotBeVoided.
    """
    _lock_room(cur, room)
    found = draw_of(cur, room=room, draw=draw, lock="update")
    if found.state not in {"open", "frozen"}:
        raise DrawMovedOn
    if found.state == "frozen":
        shown = sum(1 for one in _witnesses(cur, draw) if one.secret)
        is_stuck = not found.is_beacon and found.reveal_until is not None and now >= found.reveal_until
        if not is_stuck or shown >= found.rules["entropy"]["least_reveals"]:
            raise DrawCannotBeVoided
    cur.execute(
        "update room.draws set state = 'void', voided_at = %s, void_reason = %s where draw = %s", (now, reason, draw)
    )
    _announce_draw(cur, draw)


# ── reads ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def draw_of(cur: Cursor, *, room: str, draw: str | UUID, lock: str = "") -> Draw:
    """This function will read a draw's row, holding it as told.   Raises: NoSuchDraw."""
    holding = f" for {lock}" if lock else ""
    cur.execute(
        f"select draw, room, rules, state, house_secret, freeze_text, commitment, reveal_until from room.draws where draw = %s and room = %s{holding}",
        (draw, room),
    )
    row = cur.fetchone()
    if row is None:
        raise NoSuchDraw
    return Draw(row[0], row[1], json.loads(row[2]), row[3], row[4], json.loads(row[5]) if row[5] else None, row[6], row[7])


def draws_to_advance(cur: Cursor, *, now: datetime) -> list[tuple[UUID, str, str]]:
    """This function will name draws (draw, room, state) whose next step is due."""
    cur.execute(
        """select draw, room, state from room.draws
            where state = 'open' and closes_at <= %s or state = 'frozen' and draws_at <= %s
            union all
           select distinct d.draw, d.room, d.state from room.draws d join room.draw_places p on p.draw = d.draw
            where p.state = 'waiting' and p.claim_by <= %s""",
        (now, now, now),
    )
    return [(row[0], row[1], row[2]) for row in cur.fetchall()]


def cards_of(cur: Cursor, *, room: str) -> list[dict[str, Any]]:
    """This function will give all draws of a room as viewers see them, with the number of entries so far."""
    cur.execute(
        """select room.draw_card(d)::text, (select count(*) from room.draw_entries e where e.draw = d.draw),
                  (select count(*) from room.draw_witnesses w where w.draw = d.draw and w.secret <> '')
             from room.draws d where d.room = %s order by d.published_at, d.draw""",
        (room,),
    )
    return [json.loads(row[0]) | {"entries": row[1], "shown": row[2]} for row in cur.fetchall()]


def entrants_of(cur: Cursor, draw: str | UUID) -> list[Entrant]:
    """This function will give a draw's entrants in the order of the published list."""
    cur.execute("select entry::text, name, seal from room.draw_entries where draw = %s order by entry", (draw,))
    return [Entrant(*row) for row in cur.fetchall()]


def witnesses_of(cur: Cursor, draw: str | UUID) -> list[WitnessRow]:
    cur.execute(
        "select name, kind, who, secret <> '' from room.draw_witnesses where draw = %s order by committed_at, name", (draw,)
    )
    return [WitnessRow(*row) for row in cur.fetchall()]


def places_of(cur: Cursor, draw: str | UUID) -> list[Place]:
    cur.execute(
        """select place, entry, visitor, name, prize, state, claim_by, code, steps_up_for from room.draw_places
            where draw = %s order by place""",
        (draw,),
    )
    return [Place(*row) for row in cur.fetchall()]


def file_of(cur: Cursor, draw: str | UUID) -> str | None:
    """This function will give the published file, exactly as it was published, or None before the draw."""
    cur.execute("select file from room.draw_files where draw = %s", (draw,))
    row = cur.fetchone()
    return str(row[0]) if row else None


def _witnesses(cur: Cursor, draw: str | UUID) -> Sequence[Witness]:
    cur.execute(
        "select name, commitment, secret from room.draw_witnesses where draw = %s order by committed_at, name", (draw,)
    )
    return [Witness(*row) for row in cur.fetchall()]


def _announce_draw(cur: Cursor, draw: str | UUID) -> None:
    cur.execute("select room.announce_draw(%s)", (draw,))
