"""A draw as staff write it down, and the rules it becomes when it is published. Pure.   Source: LIV-5, LIV-10, facts/law L6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kaibo.kit import draw_rules
from kaibo.kit.draws import BEACON, WITNESSES
from kaibo.kit.errors import Conflict, Invalid, NotFound

SECONDS_TO_DRAW = 60
"""From the freeze to the draw: the time witnesses have before anybody waits for them."""
REVEAL_SECONDS = 60
ELIGIBILITY = ("everyone", "followed", "commented", "claimed")
METHOD = "名单冻结后公布 Merkle 根；以名单、规则与其后产生的随机数为种子，对每位参与者计算 HMAC-SHA-256，从小到大依次中奖，其后为候补；任何人可在公示页重算。"


class DrawUnknown(NotFound):
    code = "live.draw_unknown"
    message_zh = "没有这个抽奖"
    message_en = "There is no such draw"


class DrawPublished(Conflict):
    code = "live.draw_published"
    message_zh = "规则已公布，不能再改；公布前的草稿才能改"
    message_en = "The rules are published and no longer change; only drafts do"


class DrawLacks(Invalid):
    code = "live.draw_lacks"
    message_zh = "规则还缺：{fields}"
    message_en = "The rules still lack: {fields}"


class DrawReasonNeeded(Invalid):
    code = "live.draw_reason_needed"
    message_zh = "作废要写明原因，观众会看到"
    message_en = "Say why the draw is void; viewers will see it"


class BeaconAway(Conflict):
    code = "live.beacon_away"
    message_zh = "现在连不上公共随机信标，抽奖没有开始"
    message_en = "The public beacon cannot be reached; the draw was not started"


@dataclass(frozen=True, slots=True)
class Prize:
    name: str
    detail: str
    count: int
    value_fen: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything the organiser decides; empty where nothing was written yet."""

    title: str
    organiser: str
    contact: str
    prizes: tuple[Prize, ...]
    eligibility: str
    conditions: str
    minutes_open: int
    claim_hours: int
    claim_how: str
    delivery: str
    forfeiture: str
    alternates: int
    least_reveals: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def terms_from(kept: Mapping[str, Any]) -> Terms:
    """This function will read terms as they were kept."""
    return Terms(**{**kept, "prizes": tuple(Prize(**one) for one in kept["prizes"])})


def first_terms(*, organiser: str, contact: str = "") -> Terms:
    """This function will give a draft that is complete but for the prizes and the contact."""
    return Terms(
        title="", organiser=organiser, contact=contact, prizes=(), eligibility="everyone", conditions="进入本直播间的观众均可参与，每人一次，不需要购买。",
        minutes_open=5, claim_hours=48, claim_how="中奖后在直播间点“领取”，把兑奖码发给客服登记收件信息。", delivery="登记后 7 天内免费寄出。",
        forfeiture="逾期未领取视为放弃，由候补按公布的顺序递补。", alternates=3, least_reveals=1,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class BeaconInfo:
    """A randomness beacon as it describes itself."""

    chain: str
    genesis_unix: int
    period_seconds: int
    relays: tuple[str, ...]


def rules_of(terms: Terms, *, draw_id: UUID, room: str, now: datetime, beacon: BeaconInfo | None) -> dict[str, Any]:
    """This function will write the rules as they will be published at `now`; the house's own promise is added by the room."""
    opens = int(now.timestamp())
    closes = opens + terms.minutes_open * 60
    entropy: dict[str, Any] = {
        "kind": WITNESSES, "house_commitment": "", "least_reveals": terms.least_reveals, "reveal_seconds": REVEAL_SECONDS,
        "chain": "", "genesis_unix": 0, "period_seconds": 0, "relays": [],
    }  # fmt: skip
    if beacon is not None:
        entropy |= {
            "kind": BEACON, "least_reveals": 0, "reveal_seconds": 0,
            "chain": beacon.chain, "genesis_unix": beacon.genesis_unix, "period_seconds": beacon.period_seconds, "relays": list(beacon.relays),
        }  # fmt: skip
    return {
        "draw": str(draw_id), "room": room, "title": terms.title, "organiser": terms.organiser, "contact": terms.contact,
        "prizes": [asdict(one) for one in terms.prizes], "eligibility": terms.eligibility, "conditions": terms.conditions, "method": METHOD,
        "published_at_unix": opens, "opens_at_unix": opens, "closes_at_unix": closes, "draws_at_unix": closes + SECONDS_TO_DRAW,
        "claim_within_seconds": terms.claim_hours * 3600, "claim_how": terms.claim_how, "delivery": terms.delivery,
        "forfeiture": terms.forfeiture, "alternates": terms.alternates, "entropy": entropy,
    }  # fmt: skip


def lacking(terms: Terms, *, draw_id: UUID, room: str, now: datetime) -> Sequence[str]:
    """This function will name what the law still wants before the draw may start."""
    rules = rules_of(terms, draw_id=draw_id, room=room, now=now, beacon=None)
    rules["entropy"]["house_commitment"] = "0" * 64
    return draw_rules.missing(rules)
