"""What the law wants said before a draw may start, and what a published draw must look like. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kaibo.kit.draws import BEACON, KIND, MOST_INT, MOST_PRIZE_FEN, WITNESSES

MOST_TEXT = 2_000
"""Characters (code points) of one text."""
MOST_PRIZES = 20
MOST_PLACES = 10_000

_ID = re.compile(r"[0-9a-f-]{1,64}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)

# A shape is a word for a leaf, a list of one shape for a list, a dict for an object with exactly these keys.
SHAPE: Mapping[str, Any] = {
    "kind": KIND,
    "version": "int",
    "rules": {
        "draw": "text", "room": "text", "title": "text", "organiser": "text", "contact": "text",
        "prizes": [{"name": "text", "detail": "text", "count": "int", "value_fen": "int"}],
        "eligibility": "text", "conditions": "text", "method": "text",
        "published_at_unix": "int", "opens_at_unix": "int", "closes_at_unix": "int", "draws_at_unix": "int",
        "claim_within_seconds": "int", "claim_how": "text", "delivery": "text", "forfeiture": "text", "alternates": "int",
        "entropy": {
            "kind": "text", "house_commitment": "hash?", "least_reveals": "int", "reveal_seconds": "int",
            "chain": "text", "genesis_unix": "int", "period_seconds": "int", "relays": ["text"],
        },
    },
    "freeze": {
        "draw": "text", "rules_hash": "hash", "entrants": "int", "root": "hash", "frozen_at_unix": "int",
        "witnesses": [{"name": "text", "commitment": "hash"}], "reveal_until_unix": "int", "round": "int",
    },
    "commitment": "hash",
    "entrants": ["entrant"],
    "entropy": {
        "kind": "text", "house": "hash?", "reveals": [{"name": "text", "secret": "hash?"}],
        "round": "int", "randomness": "hash?", "signature": "hex",
    },
    "seed": "hash",
    "winners": [{"prize": "int", "entry": "id", "rank": "hash"}],
    "alternates": [{"entry": "id", "rank": "hash"}],
    "drawn_at_unix": "int",
    "digest": "hash",
}  # fmt: skip

_TEXTS = (
    "draw", "room", "title", "organiser", "contact", "eligibility", "conditions", "method", "claim_how", "delivery", "forfeiture",
)  # fmt: skip


def misshapen(value: Any, shape: Any = SHAPE, at: str = "") -> str | None:
    """This function will name the first place where a value is not of the shape, or give None."""
    if isinstance(shape, Mapping):
        if not isinstance(value, dict) or set(value) != set(shape):
            return at or "file"
        return next((wrong for key in shape if (wrong := misshapen(value[key], shape[key], f"{at}.{key}"))), None)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return at
        found = ((number, misshapen(one, shape[0], f"{at}[{number}]")) for number, one in enumerate(value))
        return next((wrong for _number, wrong in found if wrong), None)
    return None if _fits(value, shape) else at


def _fits(value: Any, shape: str) -> bool:
    match shape:
        case "int":
            return type(value) is int and 0 <= value < MOST_INT
        case "text":
            return isinstance(value, str) and len(value) <= MOST_TEXT
        case "id":
            return isinstance(value, str) and _ID.fullmatch(value) is not None
        case "hash":
            return isinstance(value, str) and _HASH.fullmatch(value) is not None
        case "hash?":
            return value == "" or _fits(value, "hash")
        case "hex":
            return isinstance(value, str) and len(value) <= MOST_TEXT and _HEX.fullmatch(value) is not None
        case "entrant":
            is_three = isinstance(value, list) and len(value) == 3
            return is_three and _fits(value[0], "id") and _fits(value[1], "text") and _fits(value[2], "hash")
    return bool(value == shape)


def missing(rules: Mapping[str, Any]) -> list[str]:
    """
    This function will name the fields without which a draw may not start; an empty list means complete by law.

    Source: facts/law L6 (规范促销行为暂行规定 art 13: prizes, conditions, method, time, value, number, claim, delivery,
    forfeiture, organiser and contact; 反不正当竞争法 art 10: no prize over 50,000 yuan).
    """
    wrong = [name for name in _TEXTS if rules[name] == ""]
    prizes = rules["prizes"]
    places = sum(prize["count"] for prize in prizes)
    if not 1 <= len(prizes) <= MOST_PRIZES or not 1 <= places <= MOST_PLACES or rules["alternates"] > MOST_PLACES:
        wrong.append("prizes")
    for prize in prizes:
        if prize["name"] == "" or prize["detail"] == "" or prize["count"] < 1:
            wrong.append("prizes")
        if not 1 <= prize["value_fen"] <= MOST_PRIZE_FEN:
            wrong.append("value")
    if not rules["published_at_unix"] <= rules["opens_at_unix"] < rules["closes_at_unix"] <= rules["draws_at_unix"]:
        wrong.append("times")
    if rules["claim_within_seconds"] < 1:
        wrong.append("claim_within")
    if not _is_entropy_whole(rules["entropy"]):
        wrong.append("entropy")
    return sorted(set(wrong))


def _is_entropy_whole(entropy: Mapping[str, Any]) -> bool:
    beacon = (entropy["chain"], entropy["genesis_unix"], entropy["period_seconds"], entropy["relays"])
    witnesses = (entropy["house_commitment"], entropy["least_reveals"], entropy["reveal_seconds"])
    if entropy["kind"] == BEACON:
        return witnesses == ("", 0, 0) and all(beacon) and "" not in entropy["relays"]
    return entropy["kind"] == WITNESSES and beacon == ("", 0, 0, []) and all(witnesses)

