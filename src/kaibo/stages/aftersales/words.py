"""What a page says of cases, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.kit.money import yuan_text
from kaibo.stages.aftersales import rules
from kaibo.stages.aftersales.models import CaseEntry

SEVERITY_PILLS = {"minor": "", "general": "warn", "serious": "bad"}
STATE_PILLS = {"closed": "ok", "refunded": "ok", "exchanged": "ok", "rejected": "bad", "arbitration": "bad"}
CONTACT_WORDS = {"satisfied": ("满意", "satisfied"), "unsatisfied": ("不满意", "not satisfied"), "unreached": ("没联系上", "not reached")}


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
        return _("做完：%(step)s") % {"step": entry.text}
    return entry.text
