"""
The house's own words: what this shop forbids, wants judged, or lets pass beyond the packaged lexicon.

A change is published to the room's tables in the same transaction: every running room process screens by it within
seconds, without a restart, and the console from the next text on.   Source: CMP-4, CMP-9.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
from kaibo.stages.compliance import lexicon_versions
from kaibo.stages.compliance.models import HouseWord
from kaibo.stages.compliance.permissions import WORDS

SEVERITIES = ("block", "review", "innocent")
LONGEST_WORD, LONGEST_PLAIN = 40, 80

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


class NothingChanges(Conflict):
    code = "compliance.nothing_changes"
    message_zh = "和现在的词库一样，没有新版本"
    message_en = "The list is like this already; no version was made"


@dataclass(frozen=True, slots=True)
class Wording:
    """What is to be said of a word: how grave it is, on what ground, what to say instead, and where it holds."""

    severity: str
    source: str
    suggestion: str = ""
    surfaces: tuple[str, ...] = SURFACES

    def checked(self) -> Wording:
        """This function will give it trimmed, or refuse it.   Raises: SeverityUnknown, WordUnusable."""
        if self.severity not in SEVERITIES:
            raise SeverityUnknown
        if not self.source.strip() or not self.surfaces or not set(self.surfaces) <= set(SURFACES):
            raise WordUnusable
        kept = tuple(one for one in SURFACES if one in self.surfaces)
        return Wording(self.severity, self.source.strip()[:200], self.suggestion.strip()[:200], kept)

    def fields(self) -> dict[str, object]:
        return {"severity": self.severity, "source": self.source, "suggestion": self.suggestion, "surfaces": list(self.surfaces)}


@transaction.atomic
def add_word(
    *, actor: Actor, word: str, severity: str, source: str, now: datetime, suggestion: str = "", surfaces: tuple[str, ...] = SURFACES, reason: str = ""
) -> HouseWord:
    """
    This function will add a word to the house's list and publish the list, a version of its own, to every room.

    What a word rests on is the reason of the change where no other is given.
    Raises: Forbidden, WordUnusable, SeverityUnknown, WordTaken.   Source: CMP-4.
    """
    access.require(actor, WORDS)
    said = Wording(severity, source, suggestion, surfaces).checked()
    plain = plain_form(word)
    lexicon_versions.lock()
    try:
        with transaction.atomic():
            kept = HouseWord.objects.create(word=word.strip(), plain=plain, **said.fields(), added_by=actor.name, added_at=now)
    except IntegrityError as taken:
        raise WordTaken(word=word) from taken
    _publish(actor, "add", kept, reason or said.source, now)
    return kept


def plain_form(word: str) -> str:
    """This function will give the form in which a word is looked for.   Raises: WordUnusable."""
    plain = normalise(word).text
    if not plain or len(word.strip()) > LONGEST_WORD or len(plain) > LONGEST_PLAIN:
        raise WordUnusable
    return plain


@transaction.atomic
def edit_word(*, actor: Actor, word_id: UUID, wording: Wording, reason: str, now: datetime) -> HouseWord:
    """
    This function will say otherwise of a word what it said; the word itself stays, another spelling is another word.

    Raises: Forbidden, WordUnknown, WordUnusable, SeverityUnknown, ChangeReasonMissing, NothingChanges.   Source: CMP-4.
    """
    access.require(actor, WORDS)
    said = wording.checked()
    lexicon_versions.lock()
    before = lexicon_versions.words_now()
    if not HouseWord.objects.filter(pk=word_id, retired_at=None).update(**said.fields()):
        raise WordUnknown
    if not lexicon_versions.difference(before, lexicon_versions.words_now()):
        raise NothingChanges  # pressed twice: one version is one change
    kept = HouseWord.objects.get(pk=word_id)
    _publish(actor, "edit", kept, reason, now)
    return kept


@transaction.atomic
def retire_word(*, actor: Actor, word_id: UUID, now: datetime, reason: str = "") -> None:
    """This function will take a word out of use; the row stays.   Raises: Forbidden, WordUnknown."""
    access.require(actor, WORDS)
    lexicon_versions.lock()
    if not HouseWord.objects.filter(pk=word_id, retired_at=None).update(retired_at=now, retired_by=actor.name):
        raise WordUnknown
    kept = HouseWord.objects.get(pk=word_id)
    _publish(actor, "retire", kept, reason or f"停用“{kept.word}”", now)


@transaction.atomic
def bring_back_word(*, actor: Actor, word_id: UUID, now: datetime, reason: str = "") -> None:
    """This function will take back a retirement.   Raises: Forbidden, WordUnknown, WordTaken."""
    access.require(actor, WORDS)
    lexicon_versions.lock()
    try:
        with transaction.atomic():
            if not HouseWord.objects.filter(pk=word_id, retired_at__isnull=False).update(retired_at=None, retired_by=""):
                raise WordUnknown
    except IntegrityError as taken:
        raise WordTaken(word=HouseWord.objects.get(pk=word_id).word) from taken
    kept = HouseWord.objects.get(pk=word_id)
    _publish(actor, "bring_back", kept, reason or f"恢复“{kept.word}”", now)


@transaction.atomic
def roll_back(*, actor: Actor, number: int, reason: str, now: datetime) -> int:
    """
    This function will put the words of an earlier version into force again, as a new version, and give its number.

    Version 0 is the packaged lexicon alone.
    Raises: Forbidden, VersionUnknown, ChangeReasonMissing, NothingChanges.   Source: CMP-4.
    """
    access.require(actor, WORDS)
    wanted = {str(one["word"]): one for one in lexicon_versions.words_of(number)}
    lexicon_versions.lock()
    if not lexicon_versions.difference(lexicon_versions.words_now(), list(wanted.values())):
        raise NothingChanges
    active = HouseWord.objects.filter(retired_at=None)
    active.exclude(word__in=wanted).update(retired_at=now, retired_by=actor.name)
    standing = {one.word: one for one in active.filter(word__in=wanted)}
    for word, one in wanted.items():
        suggestion = str(one["suggestion"]) if one.get("instead") else ""
        said = Wording(one["severity"], one["source"], suggestion, tuple(one["surfaces"]))
        if word in standing:
            HouseWord.objects.filter(pk=standing[word].pk).update(**said.fields())
        else:
            HouseWord.objects.create(word=word, plain=plain_form(word), **said.fields(), added_by=actor.name, added_at=now)
    made = lexicon_versions.publish(actor=actor, deed="roll_back", reason=reason, now=now)
    audit.record(actor, "compliance:word:roll_back", subject=f"lexicon:{number}", now=now, reason=reason.strip(), details={"to": number, "version": made})
    return made


def _publish(actor: Actor, deed: str, kept: HouseWord, reason: str, now: datetime) -> None:
    version = lexicon_versions.publish(actor=actor, deed=deed, reason=reason, now=now)
    audit.record(
        actor, f"compliance:word:{deed}", subject=f"word:{kept.pk}", now=now, reason=reason.strip(),
        details={"word": kept.word, "severity": kept.severity, "version": version},
    )


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
