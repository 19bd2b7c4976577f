"""Draws for tests: every value follows from the number given, nothing is left to chance."""

from __future__ import annotations

from hashlib import sha256

from kaibo.kit import draws
from kaibo.kit.draws import BEACON, WITNESSES, Entrant, Pulse, Witness

OPENS, CLOSES, DRAWS = 1_795_300_000, 1_795_300_600, 1_795_300_660


def secret(*words) -> str:
    return sha256(repr(words).encode()).hexdigest()


def make_rules(*, draw="d-1", prizes=((1, 9_900),), alternates=2, kind=WITNESSES, **changed):
    entropy = {
        "kind": kind, "house_commitment": draws.house_commitment(draw, secret("house", draw)), "least_reveals": 1, "reveal_seconds": 60,
        "chain": "", "genesis_unix": 0, "period_seconds": 0, "relays": [],
    }  # fmt: skip
    if kind == BEACON:
        entropy |= {
            "house_commitment": "", "least_reveals": 0, "reveal_seconds": 0,
            "chain": "52db9ba7", "genesis_unix": 1_692_803_367, "period_seconds": 3, "relays": ["https://beacon.example/52db9ba7"],
        }  # fmt: skip
    return {
        "draw": draw, "room": "room-1", "title": "整点抽奖", "organiser": "杭州某服饰有限公司", "contact": "0571-00000000",
        "prizes": [{"name": f"奖品{n}", "detail": "羊绒围巾一条", "count": count, "value_fen": fen} for n, (count, fen) in enumerate(prizes, 1)],
        "eligibility": "everyone", "conditions": "进入直播间的观众，每人一次", "method": "HMAC-SHA-256 排序", "published_at_unix": OPENS - 100,
        "opens_at_unix": OPENS, "closes_at_unix": CLOSES, "draws_at_unix": DRAWS, "claim_within_seconds": 86_400, "claim_how": "在直播间点“领取”",
        "delivery": "领取后 7 天内寄出", "forfeiture": "逾期由候补递补", "alternates": alternates, "entropy": entropy,
    } | changed  # fmt: skip


def make_entrants(count, *, seed=0):
    rows = []
    for number in range(count):
        entry = sha256(f"{seed}:{number}".encode()).hexdigest()[:32]
        rows.append(Entrant(entry, draws.masked(f"{'阿小林夏柚'[number % 5]}{number}"), draws.seal_of(secret(seed, number))))
    return sorted(rows)


def make_witnesses(draw="d-1", *, count=3, absent=()):
    names = [f"见证人{number}" for number in range(count)]
    return [
        Witness(name, draws.witness_commitment(draw, name, secret(draw, name)), "" if number in absent else secret(draw, name))
        for number, name in enumerate(names)
    ]  # fmt: skip


def make_pulse(number: int) -> Pulse:
    signature = secret("pulse", number)
    return Pulse(number, sha256(bytes.fromhex(signature)).hexdigest(), signature)


def make_published(*, entrants=20, seed=0, kind=WITNESSES, witnesses=3, absent=(), **rules):
    """A draw held as the rules say, as the file that is published."""
    rules = make_rules(kind=kind, **rules)
    people = make_entrants(entrants, seed=seed)
    there = make_witnesses(rules["draw"], count=witnesses, absent=absent)
    leaves = draws.leaves_of(people)
    frozen = draws.freeze(rules=rules, leaves=leaves, witnesses=there, frozen_at_unix=CLOSES)
    if kind == BEACON:
        entropy, drawn = draws.entropy_of_beacon(make_pulse(frozen["round"])), draws.round_at_unix(rules, frozen["round"])
    else:
        entropy, drawn = draws.entropy_of_witnesses(secret("house", rules["draw"]), there), max(DRAWS, frozen["reveal_until_unix"])
    return draws.publish(rules=rules, frozen=frozen, entrants=people, entropy=entropy, drawn_at_unix=drawn, leaves=leaves)
