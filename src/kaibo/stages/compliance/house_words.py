"""
The house's own words: what this shop forbids, wants judged, or lets pass beyond the packaged lexicon.

A change is published to the room's tables in the same transaction: every running room process screens by it within
seconds, without a restart, and the console from the next text on.   Source: CMP-4, CMP-9.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from kaibo.kit.errors import Conflict, Invalid, NotFound
from kaibo.language.lexicon import SURFACES, packaged_lexicon, with_house_words
from kaibo.language.normaliser import normalise
from kaibo.language.screening import Screener, default_screener
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.room import moderation
from kaibo.stages.compliance.models import HouseWord
from kaibo.stages.compliance.permissions import WORDS

SEVERITIES = ("block", "review", "innocent")
LONGEST_WORD = 40

_made: dict[tuple[int, str], Screener] = {}


class WordTaken(Conflict):
    code = "compliance.word_taken"
    message_zh = "“{word}”已在自己的词库里"
    message_en = "“{word}” is in the house's list already"


class WordUnusable(Invalid):
    code = "compliance.word_unusable"
    message_zh = "词要有 1 至 40 个能看见的字，并写明依据"
    message_en = "A word needs 1 to 40 visible characters, and what it rests on"


class SeverityUnknown(Invalid):
    code = "compliance.severity_unknown"
    message_zh = "只能是：不能用、要人判断、放行"
    message_en = "It is one of: block, review, innocent"


class WordUnknown(NotFound):
    code = "compliance.word_unknown"
    message_zh = "词库里没有这个词，或已停用"
    message_en = "The house's list has no such word, or it was retired"


@transaction.atomic
def add_word(
    *, actor: Actor, word: str, severity: str, source: str, now: datetime, suggestion: str = "", surfaces: tuple[str, ...] = SURFACES
) -> HouseWord:
    """
    This function will add a word to the house's list and publish the list to every room.

    Raises: Forbidden, WordUnusable, SeverityUnknown, WordTaken.   Source: CMP-4.
    """
    access.require(actor, WORDS)
    plain = normalise(word).text
    if not plain or len(word.strip()) > LONGEST_WORD or not source.strip() or not set(surfaces) <= set(SURFACES) or not surfaces:
        raise WordUnusable
    if severity not in SEVERITIES:
        raise SeverityUnknown
    try:
        with transaction.atomic():
            kept = HouseWord.objects.create(
                word=word.strip(), plain=plain, severity=severity, surfaces=list(surfaces), source=source.strip()[:200],
                suggestion=suggestion.strip()[:200], added_by=actor.name, added_at=now,
            )
    except IntegrityError as taken:
        raise WordTaken(word=word) from taken
    version = _publish()
    audit.record(actor, "compliance:word:add", subject=f"word:{kept.pk}", now=now, details={"word": kept.word, "severity": severity, "version": version})
    return kept


@transaction.atomic
def retire_word(*, actor: Actor, word_id: UUID, now: datetime) -> None:
    """This function will take a word out of use; the row stays.   Raises: Forbidden, WordUnknown."""
    access.require(actor, WORDS)
    if not HouseWord.objects.filter(pk=word_id, retired_at=None).update(retired_at=now, retired_by=actor.name):
        raise WordUnknown
    version = _publish()
    audit.record(actor, "compliance:word:retire", subject=f"word:{word_id}", now=now, details={"version": version})


@transaction.atomic
def bring_back_word(*, actor: Actor, word_id: UUID, now: datetime) -> None:
    """This function will take back a retirement.   Raises: Forbidden, WordUnknown, WordTaken."""
    access.require(actor, WORDS)
    try:
        with transaction.atomic():
            if not HouseWord.objects.filter(pk=word_id, retired_at__isnull=False).update(retired_at=None, retired_by=""):
                raise WordUnknown
    except IntegrityError as taken:
        raise WordTaken(word=str(word_id)) from taken
    version = _publish()
    audit.record(actor, "compliance:word:bring_back", subject=f"word:{word_id}", now=now, details={"version": version})


def _publish() -> int:
    words: list[dict[str, Any]] = [
        {
            "word": one.word, "severity": one.severity, "kind": "店内用语", "source": one.source, "suggestion": one.suggestion or "换一种说法",
            "since": one.added_at.date().isoformat(), "surfaces": one.surfaces,
        }
        for one in HouseWord.objects.filter(retired_at=None).order_by("plain")
    ]  # fmt: skip
    with connection.cursor() as cursor:
        return moderation.publish_words(cursor, words)


def current_screener() -> Screener:
    """This function will give the screener over the packaged lexicon and the house's words of this moment: one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version, published_at::text FROM room.house_words")
        found = cursor.fetchone()
        if found is None:
            return default_screener()
        key = (int(found[0]), str(found[1]))
        if key not in _made:
            words = moderation.house_words(cursor)
            _made.clear()
            _made[key] = Screener(with_house_words(packaged_lexicon(), words, version=key[0]))
        return _made[key]
