"""
The arithmetic of a draw 抽奖: what is promised before, what is frozen, and who wins. Pure; ADR 0007 says why.

Everything hashed is canonical JSON, so that a second program in another language comes to the same bytes. Winners are
the entrants with the smallest HMAC-SHA-256 under the seed: no remainder, so no entrant is a little more likely.
Times are Unix seconds, secrets 32 bytes in lower-case hexadecimal.   Source: LIV-5, LIV-10.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from json.encoder import encode_basestring as _quoted
from typing import Any

from kaibo.kit.merkle import leaf_hash, root_of

KIND, VERSION = "kaibo.draw", 1
WITNESSES, BEACON = "witnesses", "beacon"
MOST_PRIZE_FEN = 50_000_00
"""反不正当竞争法 art 10(3): no prize drawn by chance is worth more than 50,000 yuan."""
FREEZE_GAP_SECONDS = 30
"""A beacon's pulse counts only when it comes this long after the freeze was published."""
MOST_INT = 2**40

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Entrant:
    """One entrant as everybody may see it: the entry's id, a masked name, and the hash of a receipt only the entrant has."""

    entry: str
    name: str
    seal: str

    def row(self) -> list[str]:
        return [self.entry, self.name, self.seal]


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who promised a secret before the freeze, and the secret once it was shown (empty: never)."""

    name: str
    commitment: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Pulse:
    """One round of a public randomness beacon."""

    round: int
    randomness: str
    signature: str


def canonical(value: Any) -> bytes:
    """This function will write JSON in its one form: keys sorted, no spaces, UTF-8, nothing escaped that need not be."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def hash_of(value: Any) -> str:
    return sha256(canonical(value)).hexdigest()


# ── promises ───────────────────────────────────────────────────────────────────────────────────────────────────────


def house_commitment(draw: str, secret: str) -> str:
    """This function will give the promise of the house's own secret, published together with the rules."""
    return sha256(f"kaibo.draw.house.v1\n{draw}\n{secret}".encode()).hexdigest()


def witness_commitment(draw: str, name: str, secret: str) -> str:
    """This function will give a witness's promise; it names draw and witness, so that nobody can copy it."""
    return sha256(f"kaibo.draw.witness.v1\n{draw}\n{name}\n{secret}".encode()).hexdigest()


def seal_of(receipt: str) -> str:
    """This function will give what is published of an entrant's receipt."""
    return sha256(f"kaibo.draw.receipt.v1\n{receipt}".encode()).hexdigest()


def masked(nickname: str) -> str:
    """This function will give a name of which only the first character can be read."""
    return f"{nickname.strip()[:1] or '…'}**"


def leaves_of(entrants: Sequence[Entrant]) -> list[bytes]:
    """This function will hash each entrant; the list must be in the order of the entries' ids."""
    # What `canonical` writes for three texts, without its overhead: this runs 100,000 times.
    return [leaf_hash(f"[{_quoted(one.entry)},{_quoted(one.name)},{_quoted(one.seal)}]".encode()) for one in entrants]


def freeze(
    *, rules: Json, leaves: Sequence[bytes], witnesses: Sequence[Witness], frozen_at_unix: int
) -> dict[str, Any]:
    """
    This function will write down what is fixed before the entropy exists: rules, entrants, witnesses and when.

    A beacon's round follows from the rules and the moment of the freeze; nobody chooses it.
    """
    entropy = rules["entropy"]
    is_beacon = entropy["kind"] == BEACON
    return {
        "draw": rules["draw"],
        "rules_hash": hash_of(rules),
        "entrants": len(leaves),
        "root": root_of(leaves).hex(),
        "frozen_at_unix": frozen_at_unix,
        "witnesses": [] if is_beacon else [{"name": one.name, "commitment": one.commitment} for one in witnesses],
        "reveal_until_unix": 0 if is_beacon else frozen_at_unix + entropy["reveal_seconds"],
        "round": round_after(rules, frozen_at_unix) if is_beacon else 0,
    }


def round_after(rules: Json, frozen_at_unix: int) -> int:
    """This function will give the first round that comes at or after the draw's time and well after the freeze."""
    entropy = rules["entropy"]
    wanted = max(rules["draws_at_unix"], frozen_at_unix + FREEZE_GAP_SECONDS) - entropy["genesis_unix"]
    return max(1, -int(-wanted // entropy["period_seconds"]) + 1)


def round_at_unix(rules: Json, number: int) -> int:
    """This function will say when a beacon's round appears."""
    entropy = rules["entropy"]
    return int(entropy["genesis_unix"] + (number - 1) * entropy["period_seconds"])


# ── the draw ───────────────────────────────────────────────────────────────────────────────────────────────────────


def entropy_value(entropy: Json) -> bytes:
    """
    This function will give the 32 bytes nobody could know at the freeze.

    With witnesses: a hash over the house's secret and each witness's secret in the published order, where a witness
    who never showed one counts as absent – the house opens its own last, so an absent witness did not know the result.
    """
    if entropy["kind"] == BEACON:
        return bytes.fromhex(entropy["randomness"])
    parts = [b"kaibo.draw.entropy.v1\n", bytes.fromhex(entropy["house"])]
    parts += [b"\x01" + bytes.fromhex(one["secret"]) if one["secret"] else b"\x00" for one in entropy["reveals"]]
    return sha256(b"".join(parts)).digest()


def seed_of(entropy: Json, commitment: str) -> bytes:
    """This function will mix the entropy with everything that was fixed before."""
    return hmac.digest(entropy_value(entropy), bytes.fromhex(commitment), "sha256")


def ranked(seed: bytes, entrants: Sequence[Entrant], leaves: Sequence[bytes], most: int) -> list[tuple[str, str]]:
    """This function will give the first `most` entrants as (rank, entry), the smallest rank first."""
    # HMAC with its two padded blocks hashed once: `hmac.digest` would look the algorithm up 100,000 times.
    inner, outer = _pads(seed)
    ranks = []
    for one, leaf in zip(entrants, leaves, strict=True):
        within, around = inner.copy(), outer.copy()
        within.update(leaf)
        around.update(within.digest())
        ranks.append((around.digest(), one.entry))
    ranks.sort()
    return [(rank.hex(), entry) for rank, entry in ranks[:most]]


def _pads(key: bytes) -> tuple[Any, Any]:
    block = key.ljust(64, b"\x00")
    return sha256(bytes(one ^ 0x36 for one in block)), sha256(bytes(one ^ 0x5C for one in block))


def prize_places(rules: Json) -> list[int]:
    """This function will list, place by place, which prize it wins: the first prize as often as there is one, then the second."""
    return [number for number, prize in enumerate(rules["prizes"]) for _ in range(prize["count"])]


def outcome_of(
    rules: Json, seed: bytes, entrants: Sequence[Entrant], leaves: Sequence[bytes]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """This function will give winners with their prize and alternates 候补 in the order in which they step up."""
    places = prize_places(rules)
    order = ranked(seed, entrants, leaves, len(places) + rules["alternates"])
    winners = [
        {"prize": prize, "entry": entry, "rank": rank} for prize, (rank, entry) in zip(places, order, strict=False)
    ]
    alternates = [{"entry": entry, "rank": rank} for rank, entry in order[len(places) :]]
    return winners, alternates


def entropy_of_witnesses(house: str, witnesses: Sequence[Witness]) -> dict[str, Any]:
    reveals = [{"name": one.name, "secret": one.secret} for one in witnesses]
    return {
        "kind": WITNESSES, "house": house, "reveals": reveals, "round": 0, "randomness": "", "signature": "",
    }  # fmt: skip


def entropy_of_beacon(pulse: Pulse) -> dict[str, Any]:
    return {
        "kind": BEACON, "house": "", "reveals": [],
        "round": pulse.round, "randomness": pulse.randomness, "signature": pulse.signature,
    }  # fmt: skip


def publish(
    *, rules: Json, frozen: Json, entrants: Sequence[Entrant], entropy: Json, drawn_at_unix: int,
    leaves: Sequence[bytes] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """This function will draw, and give the file from which everybody can repeat it."""
    leaves = leaves_of(entrants) if leaves is None else leaves
    commitment = hash_of(frozen)
    seed = seed_of(entropy, commitment)
    winners, alternates = outcome_of(rules, seed, entrants, leaves)
    told: dict[str, Any] = {
        "kind": KIND,
        "version": VERSION,
        "rules": rules,
        "freeze": frozen,
        "commitment": commitment,
        "entrants": [one.row() for one in entrants],
        "entropy": entropy,
        "seed": seed.hex(),
        "winners": winners,
        "alternates": alternates,
        "drawn_at_unix": drawn_at_unix,
    }
    return told | {"digest": hash_of(told)}
