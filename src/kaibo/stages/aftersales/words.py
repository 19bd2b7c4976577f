"""What a page says of cases, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.kit.money import yuan_text
from kaibo.plumbing import kept_words
from kaibo.stages.aftersales import rules
from kaibo.stages.aftersales.models import CaseEntry

SEVERITY_PILLS = {"minor": "", "general": "warn", "serious": "bad"}
STATE_PILLS = {"closed": "ok", "refunded": "ok", "exchanged": "ok", "repaired": "ok", "rejected": "bad", "arbitration": "bad"}
CONTACT_WORDS = {"satisfied": ("满意", "satisfied"), "unsatisfied": ("不满意", "not satisfied"), "unreached": ("没联系上", "not reached")}

CHECK_WORDS = {"open": ("待验", "to be inspected"), "passed": ("完好，已可售", "good, on sale again"), "failed": ("有不合格", "some are faulty")}
CHECK_PILLS = {"open": "warn", "passed": "ok", "failed": "bad"}
LEVEL_WORDS = {
    "L0": ("自动走完", "runs by itself"), "L1": ("等我们处理", "waits for us"), "L2": ("退货途中或在手", "goods on their way"),
    "L3": ("有争议或快到期", "disputed or nearly late"), "L4": ("公开风险", "public risk"),
}  # fmt: skip
"""How far a case has gone (facts/platforms §5.1)."""
LEVEL_PILLS = {"L0": "ok", "L1": "", "L2": "", "L3": "warn", "L4": "bad"}


def said(pair: tuple[str, str]) -> str:
    """This function will give the word of the reader's language."""
    return pair[1] if (get_language() or "").startswith("en") else pair[0]


def word(table: Mapping[str, tuple[str, str]], key: str) -> str:
    return said(table[key]) if key in table else key


def choices(table: Mapping[str, tuple[str, str]]) -> list[tuple[str, str]]:
    return [(str(key), said(pair)) for key, pair in table.items()]


def entry_words(entry: CaseEntry) -> str:
    """This function will say one line of a case's history."""
    if entry.kind == CaseEntry.Kind.STATE:
        return word(rules.STATE_WORDS, entry.outcome)
    if entry.kind == CaseEntry.Kind.CONTACT:
        return _("回访：%(outcome)s") % {"outcome": word(CONTACT_WORDS, entry.outcome)}
    if entry.kind == CaseEntry.Kind.REFUND:
        return _("退款 %(money)s") % {"money": yuan_text(int(entry.text))}
    if entry.kind == CaseEntry.Kind.STEP:
        return _("做完：%(step)s") % {"step": kept_words.read(entry.text, entry.values)}
    return kept_words.read(entry.text, entry.values)


def entry_note(entry: CaseEntry) -> str:
    """This function will say what was given as the reason of a step, in the reader's language where it is a kept sentence."""
    if entry.kind not in {CaseEntry.Kind.STATE, CaseEntry.Kind.CONTACT}:
        return ""
    return kept_words.read(entry.text, entry.values)
