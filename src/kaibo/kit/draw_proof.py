"""
Re-compute a published draw and name everything that does not hold.

The same checks, in the same order and with the same names, stand in room/static/draw_proof.js; a test lets both judge
the same files. Nothing here trusts a field because another field of the same file agrees with it: what has to be
compared with the outside (the commitment announced before the draw) is asked for by the caller.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any

from kaibo.kit import draw_rules, draws
from kaibo.kit.draws import BEACON, Entrant
from kaibo.kit.merkle import root_of

REASONS: Mapping[str, tuple[str, str]] = {
    "malformed": ("这不是开播公布的抽奖文件，或文件被改动过", "This is not a published draw of Kaibo, or its text was changed"),
    "digest_wrong": ("文件指纹不符：内容在公布后被改动", "The file's digest is wrong: something was changed after publication"),
    "version_unknown": ("不认识这个文件版本", "This version of the file is unknown"),
    "rules_incomplete": ("规则不完整或奖品超过 5 万元", "The rules are incomplete by law, or a prize is over 50,000 yuan"),
    "rules_changed": ("规则与冻结时公布的规则指纹不符", "The rules are not those whose hash was published at the freeze"),
    "draw_mixed": ("规则与冻结记录不属于同一次抽奖", "Rules and freeze belong to different draws"),
    "frozen_early": ("名单在报名截止前就冻结了", "The list was frozen before entries closed"),
    "drawn_early": ("开奖早于规则允许的时间", "It was drawn earlier than the rules allow"),
    "freeze_inconsistent": ("冻结记录与规则不一致", "The freeze does not follow from the rules"),
    "entrants_disordered": ("参与名单有重复或顺序不对", "The entrants are not in order or not unique"),
    "entrants_miscounted": ("参与人数与冻结时不符", "The number of entrants is not the frozen one"),
    "root_wrong": ("参与名单与冻结时公布的 Merkle 根不符", "The entrants do not give the Merkle root published at the freeze"),
    "commitment_wrong": ("承诺值与冻结记录不符", "The commitment is not that of the freeze"),
    "commitment_not_announced": ("承诺值与开奖前公布的不同", "The commitment is not the one announced before the draw"),
    "house_secret_wrong": ("主办方随机数与事先承诺不符", "The house's secret does not match its promise"),
    "witnesses_changed": ("见证人名单与冻结时不符", "The witnesses are not those of the freeze"),
    "witness_secret_wrong": ("有见证人的随机数与承诺不符", "A witness's secret does not match the promise"),
    "reveals_too_few": ("公开随机数的见证人不够", "Too few witnesses showed their secret"),
    "pulse_wrong": ("公共随机信标的轮次或数值不符", "The beacon's round or value is wrong"),
    "entropy_mixed": ("随机来源与规则不一致", "The entropy is not of the kind the rules name"),
    "seed_wrong": ("种子算错了", "The seed is wrong"),
    "winners_wrong": ("中奖名单与重新计算的不同", "The winners are not those of the re-computation"),
    "alternates_wrong": ("候补名单与重新计算的不同", "The alternates are not those of the re-computation"),
}  # fmt: skip


class _Unreadable(ValueError):
    """A number or a constant that another language would read otherwise."""


def verify(text: bytes, *, announced: str | None = None) -> list[str]:
    """
    This function will give the names (keys of REASONS) of everything that does not hold; an empty list means proved.

    `announced` is the commitment heard on the stream before the draw, where the caller has one.
    """
    told = read(text)
    return ["malformed"] if told is None else list(_wrongs(told, announced))


def read(text: bytes) -> dict[str, Any] | None:
    """This function will read a published file, or give None when it is not exactly in the published form."""
    try:
        told = json.loads(text.decode("utf-8"), parse_float=_refuse, parse_int=_whole, parse_constant=_refuse)
        is_ours = draws.canonical(told) == text and draw_rules.misshapen(told) is None
    except (ValueError, RecursionError):
        return None
    return told if is_ours else None


def _refuse(number: str) -> float:
    raise _Unreadable(number)


def _whole(number: str) -> int:
    if len(number) > 14:
        raise _Unreadable(number)
    return int(number)


def _wrongs(told: Mapping[str, Any], announced: str | None) -> Iterator[str]:
    rules, frozen, entropy = told["rules"], told["freeze"], told["entropy"]
    if told["digest"] != draws.hash_of({key: value for key, value in told.items() if key != "digest"}):
        yield "digest_wrong"
    if told["version"] != draws.VERSION:
        yield "version_unknown"
    if draw_rules.missing(rules):
        yield "rules_incomplete"
        return
    yield from _promises(told, announced)
    entrants = [Entrant(*row) for row in told["entrants"]]
    leaves = draws.leaves_of(entrants)
    if any(one.entry >= other.entry for one, other in pairwise(entrants)):
        yield "entrants_disordered"
    if frozen["entrants"] != len(entrants):
        yield "entrants_miscounted"
    if frozen["root"] != root_of(leaves).hex():
        yield "root_wrong"
    if entropy["kind"] != rules["entropy"]["kind"]:
        yield "entropy_mixed"
        return
    found = list(_beacon(rules, frozen, entropy) if entropy["kind"] == BEACON else _witnesses(told))
    yield from found
    if "entropy_mixed" not in found:
        yield from _outcome(told, entrants, leaves)


def _promises(told: Mapping[str, Any], announced: str | None) -> Iterator[str]:
    rules, frozen = told["rules"], told["freeze"]
    if frozen["rules_hash"] != draws.hash_of(rules):
        yield "rules_changed"
    if frozen["draw"] != rules["draw"]:
        yield "draw_mixed"
    if frozen["frozen_at_unix"] < rules["closes_at_unix"]:
        yield "frozen_early"
    is_beacon = rules["entropy"]["kind"] == BEACON
    until = 0 if is_beacon else frozen["frozen_at_unix"] + rules["entropy"]["reveal_seconds"]
    number = draws.round_after(rules, frozen["frozen_at_unix"]) if is_beacon else 0
    if frozen["reveal_until_unix"] != until or frozen["round"] != number or (is_beacon and frozen["witnesses"]):
        yield "freeze_inconsistent"
    if told["drawn_at_unix"] < _earliest(told):
        yield "drawn_early"
    if told["commitment"] != draws.hash_of(frozen):
        yield "commitment_wrong"
    if announced is not None and announced != told["commitment"]:
        yield "commitment_not_announced"


def _earliest(told: Mapping[str, Any]) -> int:
    """When the draw could be held at the earliest: with an absent witness only after the time to show secrets."""
    rules, frozen = told["rules"], told["freeze"]
    if rules["entropy"]["kind"] == BEACON:
        return draws.round_at_unix(rules, frozen["round"])
    is_complete = all(one["secret"] for one in told["entropy"]["reveals"])
    return int(max(rules["draws_at_unix"], frozen["frozen_at_unix"] if is_complete else frozen["reveal_until_unix"]))


def _witnesses(told: Mapping[str, Any]) -> Iterator[str]:
    rules, frozen, entropy = told["rules"], told["freeze"], told["entropy"]
    if not entropy["house"] or entropy["round"] or entropy["randomness"] or entropy["signature"]:
        yield "entropy_mixed"
        return
    if draws.house_commitment(rules["draw"], entropy["house"]) != rules["entropy"]["house_commitment"]:
        yield "house_secret_wrong"
    reveals: Sequence[Mapping[str, str]] = entropy["reveals"]
    if [one["name"] for one in reveals] != [one["name"] for one in frozen["witnesses"]]:
        yield "witnesses_changed"
        return
    promised = {one["name"]: one["commitment"] for one in frozen["witnesses"]}
    if len(promised) != len(reveals):
        yield "witnesses_changed"
    shown = [one for one in reveals if one["secret"]]
    if any(draws.witness_commitment(rules["draw"], one["name"], one["secret"]) != promised[one["name"]] for one in shown):
        yield "witness_secret_wrong"
    if len(shown) < rules["entropy"]["least_reveals"]:
        yield "reveals_too_few"


def _beacon(rules: Mapping[str, Any], frozen: Mapping[str, Any], entropy: Mapping[str, Any]) -> Iterator[str]:
    if entropy["house"] or entropy["reveals"] or not entropy["randomness"] or not entropy["signature"]:
        yield "entropy_mixed"
        return
    is_its_hash = sha256(bytes.fromhex(entropy["signature"])).hexdigest() == entropy["randomness"]
    if entropy["round"] != frozen["round"] or not is_its_hash:
        yield "pulse_wrong"


def _outcome(told: Mapping[str, Any], entrants: Sequence[Entrant], leaves: Sequence[bytes]) -> Iterator[str]:
    seed = draws.seed_of(told["entropy"], told["commitment"])
    if told["seed"] != seed.hex():
        yield "seed_wrong"
    winners, alternates = draws.outcome_of(told["rules"], seed, entrants, leaves)
    if told["winners"] != winners:
        yield "winners_wrong"
    if told["alternates"] != alternates:
        yield "alternates_wrong"


def absent(told: Mapping[str, Any]) -> list[str]:
    """This function will name the witnesses who promised a secret and never showed it."""
    return [one["name"] for one in told["entropy"]["reveals"] if not one["secret"]]
