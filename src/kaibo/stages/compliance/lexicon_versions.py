"""
Versions of the house's words: each change is one, with its author and reason; any two are compared, any one is brought back.

The words of a version are kept whole, so that what a text was judged by can be read years later.   Source: CMP-4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from kaibo.kit.errors import Invalid, NotFound
from kaibo.language.lexicon import packaged_lexicon, with_house_words
from kaibo.language.screening import Screener, default_screener
from kaibo.plumbing.access.actor import Actor
from kaibo.room import moderation
from kaibo.stages.compliance.models import HouseWord, LexiconVersion

Words = Sequence[Mapping[str, Any]]
KIND = "店内用语"
MOST_KEPT_READY = 6

_ready: dict[tuple[int, str], Screener] = {}


class VersionUnknown(NotFound):
    code = "compliance.version_unknown"
    message_zh = "没有第 {number} 版词库"
    message_en = "There is no version {number} of the house's words"


class ChangeReasonMissing(Invalid):
    code = "compliance.change_reason_missing"
    message_zh = "写一句为什么改，以后的人才看得懂"
    message_en = "Say why, so that those who come later understand"


def words_now() -> list[dict[str, Any]]:
    """This function will give the house's active words in the form in which they are published, in the order of their spelling."""
    return [as_published(one) for one in HouseWord.objects.filter(retired_at=None).order_by("plain")]


def as_published(one: HouseWord) -> dict[str, Any]:
    """This function will give a word as rooms and versions keep it; what it is to be replaced by may be pasted."""
    return {
        "word": one.word, "severity": one.severity, "kind": KIND, "source": one.source, "suggestion": one.suggestion or "换一种说法",
        "instead": one.suggestion or None, "since": one.added_at.date().isoformat(), "surfaces": one.surfaces,
    }  # fmt: skip


def lock() -> None:
    """This function will let one change of the words go on at a time: the list is read after it, published before the next."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('compliance.house_words'))")


def publish(*, actor: Actor, deed: str, reason: str, now: datetime) -> int:
    """
    This function will publish the active words to every room and keep them as a version of that number.

    Asked for after `lock`, in the transaction of the change.   Raises: ChangeReasonMissing.
    """
    if not reason.strip():
        raise ChangeReasonMissing
    words = words_now()
    with connection.cursor() as cursor:
        number = moderation.publish_words(cursor, words)
    LexiconVersion.objects.create(
        number=number, packaged=packaged_lexicon().version, words=words, deed=deed, reason=reason.strip()[:200], made_by=actor.name,
        made_by_id=actor.person_id, made_at=now,
    )
    return number


def versions() -> QuerySet[LexiconVersion]:
    """This function will give all versions, the newest first."""
    return LexiconVersion.objects.order_by("-number")


def words_of(number: int) -> Words:
    """This function will give the words of a version; 0 is the packaged lexicon alone.   Raises: VersionUnknown."""
    if number == 0:
        return []
    found = LexiconVersion.objects.filter(number=number).first()
    if found is None:
        raise VersionUnknown(number=number)
    return found.words


def screener_of(number: int) -> Screener:
    """This function will give the screener as it was at a version, over the lexicon packaged today.   Raises: VersionUnknown."""
    if number == 0:
        return default_screener()
    found = LexiconVersion.objects.filter(number=number).first()
    if found is None:
        raise VersionUnknown(number=number)
    key = (number, str(found.pk))
    if key not in _ready:
        while len(_ready) >= MOST_KEPT_READY:
            _ready.pop(next(iter(_ready)))
        _ready[key] = screener_with(found.words, number)
    return _ready[key]


def screener_with(words: Words, number: int) -> Screener:
    """This function will make a screener over the packaged lexicon and these words."""
    return Screener(with_house_words(packaged_lexicon(), words, version=number))


@dataclass(frozen=True, slots=True)
class WordChange:
    """What happened to one word between two versions; None where it was not there."""

    word: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def sort(self) -> str:
        if self.before is None:
            return "new"
        return "gone" if self.after is None else "changed"


COMPARED = ("severity", "source", "suggestion", "surfaces")


def difference(before: Words, after: Words) -> list[WordChange]:
    """This function will say word by word what differs: new ones, changed ones, gone ones, each in the order of spelling."""
    old, new = {one["word"]: one for one in before}, {one["word"]: one for one in after}
    changes = [
        WordChange(word, old.get(word), new.get(word))
        for word in sorted(old.keys() | new.keys())
        if word not in old or word not in new or any(old[word].get(key) != new[word].get(key) for key in COMPARED)
    ]
    return sorted(changes, key=lambda one: ("new", "changed", "gone").index(one.sort))


def with_draft(word: str, wording: Mapping[str, Any]) -> Words:
    """This function will give the words in force with one of them said otherwise, or one more: nothing is kept."""
    drafted = {"word": word, "kind": KIND, "since": "2026-01-01", **wording, "instead": wording.get("suggestion") or None}
    return [one for one in words_now() if one["word"] != word] + [{**drafted, "suggestion": wording.get("suggestion") or "换一种说法"}]
