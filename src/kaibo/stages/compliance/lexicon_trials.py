"""
What a change of the house's words would do, told before it is published, and what a published one did to texts in use.

Source: CMP-4, CMP-9.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext_noop

from kaibo.language.screening import Screener, Screening
from kaibo.master.catalog.models import Product
from kaibo.master.people.queries import people_with_role
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.room import moderation
from kaibo.stages.compliance import lexicon_versions, queries
from kaibo.stages.compliance.house_words import current_screener
from kaibo.stages.compliance.models import LexiconSweep, ScreenedText
from kaibo.stages.compliance.permissions import SCREEN, WORDS
from kaibo.stages.compliance.rules import ScreeningState

MOST_TEXTS: Final = 1000
MOST_SHOWN: Final = 50
GRAVITY: Final = {"pass": 0, "review": 1, "block": 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A text that would be judged otherwise. `where` is its surface; `hits` are what the new words find in it."""

    text: str
    where: str
    before: str
    after: Screening

    @property
    def is_graver(self) -> bool:
        return GRAVITY[self.after.verdict] > GRAVITY[self.before]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change would do to the last texts and messages; `changed` holds the first of them, `counts` all by (before, after)."""

    texts: int
    messages: int
    counts: dict[tuple[str, str], int]
    changed: tuple[Verdict, ...]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def effect_of(*, actor: Actor, words: lexicon_versions.Words) -> Effect:
    """
    This function will say what these words would judge otherwise among the last 1,000 screened texts and 1,000 messages.

    Raises: Forbidden.   Source: CMP-4.
    """
    access.require(actor, WORDS)
    before, after = current_screener(), lexicon_versions.screener_with(words, 0)
    texts = list(queries.texts_for(actor).values_list("text", "surface", "category")[:MOST_TEXTS])
    with connection.cursor() as cursor:
        messages = moderation.last_messages(cursor, most=MOST_TEXTS)
    counts: Counter[tuple[str, str]] = Counter()
    changed: list[Verdict] = []
    for text, surface, category in _each_once(texts, messages):
        old, new = before.screen(text, surface, category or None).verdict, after.screen(text, surface, category or None)
        if old != new.verdict:
            counts[old, new.verdict] += 1
            changed.append(Verdict(text, surface, old, new))
    changed.sort(key=lambda one: -GRAVITY[one.after.verdict])
    return Effect(len(texts), len(messages), dict(counts), tuple(changed[:MOST_SHOWN]))


def _each_once(texts: Iterable[tuple[str, str, str]], messages: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    return iter(dict.fromkeys([*texts, *((text, "chat", "") for text in messages)]))


def try_text(*, actor: Actor, text: str, surface: str, category: str, numbers: Iterable[int]) -> list[tuple[int, Screening]]:
    """
    This function will judge a text by several versions, without keeping it; 0 is the packaged lexicon alone.

    Raises: Forbidden, VersionUnknown.   Source: CMP-4.
    """
    access.require(actor, SCREEN)
    return [(number, lexicon_versions.screener_of(number).screen(text, surface, category or None)) for number in numbers]


# ── reading again what is in use ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Graver:
    shop_id: UUID | None
    title: str


def sweep(now: datetime) -> int:
    """
    This function will read everything in use again once the words in force changed, and tell the owners what must be mended.

    Kept texts that are judged graver are kept again, open, by the new version. Gives how many texts became graver; the first
    time ever only notes where it starts.   Source: CMP-4, CMP-9.
    """
    screener = current_screener()
    version = screener.screen("").lexicon_version
    if LexiconSweep.objects.filter(version=version).exists():
        return 0
    earlier = LexiconSweep.objects.order_by("-swept_at").first()
    with transaction.atomic():
        mark, is_new = LexiconSweep.objects.get_or_create(version=version, defaults={"texts": 0, "graver": 0, "swept_at": now})
        if not is_new:
            return 0  # another process took it
        looked, graver = _kept_texts(screener, version, now)
        if earlier is not None:
            more, described = _descriptions(_screener_before(earlier.version), screener)
            looked, graver = looked + more, graver + described
        LexiconSweep.objects.filter(pk=mark.pk).update(texts=looked, graver=len(graver))
        for shop_id in {one.shop_id for one in graver}:
            _tell(shop_id, [one for one in graver if one.shop_id == shop_id], version, now)
    return len(graver)


def _screener_before(version: str) -> Screener:
    number = version.partition("+")[2]
    try:
        return lexicon_versions.screener_of(int(number or 0))
    except (ValueError, lexicon_versions.VersionUnknown):
        return lexicon_versions.screener_of(0)


def _kept_texts(screener: Screener, version: str, now: datetime) -> tuple[int, list[_Graver]]:
    standing = ScreenedText.objects.exclude(state=ScreeningState.REPLACED).exclude(subject="").exclude(lexicon_version=version[:20])
    graver: list[_Graver] = []
    looked = 0
    for kept in standing.iterator(chunk_size=500):
        looked += 1
        screening = screener.screen(kept.text, kept.surface, kept.category or None)
        if GRAVITY[screening.verdict] <= GRAVITY[kept.verdict]:
            continue
        if not ScreenedText.objects.filter(pk=kept.pk).exclude(state=ScreeningState.REPLACED).update(state=ScreeningState.REPLACED):
            continue
        ScreenedText.objects.create(
            shop_id=kept.shop_id, product_id=kept.product_id, subject=kept.subject, surface=kept.surface, category=kept.category, text=kept.text,
            verdict=screening.verdict, hits=queries.hits_as_kept(screening), lexicon_version=version[:20], state=ScreeningState.OPEN,
            screened_by=KAIBO.name, screened_at=now,
        )  # fmt: skip
        graver.append(_Graver(kept.shop_id, kept.text))
        audit.record(
            KAIBO, SCREEN, subject=kept.subject, now=now, shop_id=kept.shop_id,
            details={"before": kept.lexicon_version, "after": version, "was": kept.verdict, "is": screening.verdict},
        )
    return looked, graver


def _descriptions(before: Screener, after: Screener) -> tuple[int, list[_Graver]]:
    """Titles, propositions and selling points of all products, as the gates read them at any moment."""
    paths, looked, graver = queries.category_paths(), 0, []
    for product in Product.objects.order_by("pk").iterator(chunk_size=500):
        category: Any = paths.get(product.category_id, ((), ""))[1] or None
        for surface, text in (("title", product.title), ("script", product.value_proposition), *(("script", one) for one in product.selling_points)):
            if not text:
                continue
            looked += 1
            if GRAVITY[after.screen(text, surface, category).verdict] > GRAVITY[before.screen(text, surface, category).verdict]:
                graver.append(_Graver(product.shop_id, text))
    return looked, graver


def _tell(shop_id: UUID | None, graver: list[_Graver], version: str, now: datetime) -> None:
    people = {person for role in ("compliance", "operations", "owner") for person in people_with_role(role, shop_id=shop_id)}
    notices.tell(
        people, key=f"lexicon:{version}:{shop_id}", title=gettext_noop("新词库 %(version)s：%(count)s 处在用文字要改"), body="%(first)s", now=now,
        values={"version": version, "count": len(graver), "first": graver[0].title[:60]}, href=f"{reverse('compliance:screening')}?state=open", state="red",
    )
