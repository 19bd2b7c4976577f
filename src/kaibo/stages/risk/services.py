"""Writes of risk: take mentions in, flag, take on, answer, close; tell people when the hour is over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_noop

from kaibo.facts.flow import MentionFlagged
from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.text import mask_middle, shortened
from kaibo.language.themes import default_reader
from kaibo.master.catalog import queries as catalog
from kaibo.master.people.queries import people_with_role
from kaibo.master.shops.queries import shop_for
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.citations import in_both
from kaibo.plumbing.intake.kinds import Taken
from kaibo.plumbing.notices import notices
from kaibo.plumbing.outbox import outbox
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.compliance import queries as compliance
from kaibo.stages.compliance import services as screening
from kaibo.stages.risk import queries, rules
from kaibo.stages.risk.models import Mention, WatchWord
from kaibo.stages.risk.permissions import ANSWER, CLOSE, FLAG, WATCH
from kaibo.stages.risk.rules import Name, State

ANSWER_WITHIN = "risk.answer_minutes"
MOST_TOLD = 200


class MentionMovedOn(Conflict):
    code = "risk.mention_moved_on"
    message_zh = "这条舆情已经有人处理了，请刷新"
    message_en = "Somebody has dealt with this mention; reload"


class NotYours(Conflict):
    code = "risk.not_yours"
    message_zh = "这条舆情由 {owner} 负责，先请对方放手或自己认领"
    message_en = "{owner} has this mention; take it over first"


class AnswerMissing(Invalid):
    code = "risk.answer_missing"
    message_zh = "请写下已经发出的答复"
    message_en = "Write the answer that was given"


class AnswerUnlawful(Invalid):
    code = "risk.answer_unlawful"
    message_zh = "答复里的“{word}”不能说（{source}）：{suggestion}"
    message_en = "The answer may not say “{word}” ({source_en}): {suggestion_en}"


class ReasonMissing(Invalid):
    code = "risk.reason_missing"
    message_zh = "请写明原因"
    message_en = "A reason is needed"


class WatchWordTaken(Conflict):
    code = "risk.watch_word_taken"
    message_zh = "已经在监看“{word}”"
    message_en = "“{word}” is watched already"


class WatchWordTooShort(Invalid):
    code = "risk.watch_word_too_short"
    message_zh = "监看词至少 2 个字，太短会误报"
    message_en = "A watch word needs two characters at least"


@dataclass(frozen=True, slots=True)
class Told:
    """A mention as a feed tells it."""

    platform: str
    author: str
    text: str
    url: str
    posted_at: datetime

    @property
    def fingerprint(self) -> str:
        """Its address, else all it says: the same mention in two feeds is one."""
        basis = self.url or f"{self.platform}|{self.author}|{self.text}"
        return hashlib.sha256(basis.encode()).hexdigest()


def names_of_shop(shop_id: UUID) -> list[Name]:
    """This function will give the words that mean a shop: its name, its watch words, its products' titles and codes."""
    shop = shop_for(KAIBO, shop_id)
    products = catalog.products_for(KAIBO).filter(shop=shop_id).values_list("pk", "title", "code", "brand")
    names = [*queries.names_for(shop_id), Name(shop.name)]
    for pk, title, code, brand in products:
        names += [Name(title, str(pk)), Name(code, str(pk))]
        if brand:
            names.append(Name(brand))
    return names


@transaction.atomic
def take_mentions(*, shop_id: UUID, told: Sequence[Told], names: Sequence[Name], now: datetime) -> list[Taken | None]:
    """
    This function will keep what is said about us, start the clock of what is negative, and give what became of each.

    None: it is not about us. A mention seen before is left as it is: the clock runs from the first time.   Source: RSK-1.
    """
    known = set(Mention.objects.filter(shop=shop_id, fingerprint__in=[one.fingerprint for one in told]).values_list("fingerprint", flat=True))
    within = timedelta(minutes=thresholds.value(ANSWER_WITHIN, shop_id=shop_id))
    reader = default_reader()
    fresh: list[Mention] = []
    outcomes: list[Taken | None] = []
    for one in told:
        if one.fingerprint in known:
            outcomes.append(Taken.SAME)
            continue
        found = rules.assess(one.text, names=names, reader=reader)
        if not found.is_ours:
            outcomes.append(None)
            continue
        known.add(one.fingerprint)
        state = State.NEW if found.is_negative else State.QUIET
        fresh.append(
            Mention(
                shop_id=shop_id, product_id=UUID(found.product_id) if found.product_id else None, platform=one.platform[:30], author=_masked(one.author),
                text=one.text, url=one.url[:500], fingerprint=one.fingerprint, posted_at=one.posted_at, first_seen_at=now, severity=found.severity,
                themes=list(found.themes), hits=[asdict(hit) for hit in found.hits], state=state, answer_by=now + within if found.is_negative else None,
            )
        )  # fmt: skip
        outcomes.append(Taken.NEW)
    Mention.objects.bulk_create(fresh)
    announce_mentions([one for one in fresh if one.state == State.NEW], now)
    return outcomes


def _masked(author: str) -> str:
    return mask_middle(author.strip(), keep_start=1, keep_end=1)[:60] if author.strip() else ""


def announce_mentions(mentions: Sequence[Mention], now: datetime) -> None:
    """This function will say that these need an answer: to other stages, and to the people who answer."""
    for one in mentions:
        outbox.announce(MentionFlagged(mention_id=one.pk, shop_id=one.shop_id, answer_by=one.answer_by), now=now)
    by_shop: dict[UUID, list[Mention]] = {}
    for one in mentions:
        by_shop.setdefault(one.shop_id, []).append(one)
    for shop_id, found in by_shop.items():
        people = _people(shop_id)
        for one in found:
            notices.tell(
                people, key=f"risk:new:{one.pk}:{one.answer_by:%Y%m%d%H%M}", title=gettext_noop("出现负面舆情，一小时内答复"), body=shortened(one.text, limit=120),
                href=_href(one), state="red", now=now,
            )  # fmt: skip


def _people(shop_id: UUID) -> list[UUID]:
    return [*people_with_role("service", shop_id=shop_id), *people_with_role("owner", shop_id=shop_id)]


def _href(mention: Mention) -> str:
    return reverse("risk:mention", args=[mention.pk])


def _step(actor: Actor, mention: Mention, target: State, deed: str, now: datetime, *, reason: str = "", **changes: object) -> None:
    sources = [state.value for state in rules.STEPS.sources_of(target)]
    if not Mention.objects.filter(pk=mention.pk, state__in=sources).update(state=target.value, **changes):
        raise MentionMovedOn
    audit.record(
        actor, deed, subject=f"mention:{mention.pk}", now=now, shop_id=mention.shop_id, reason=reason, details={"from": mention.state, "to": target.value}
    )


@transaction.atomic
def flag(*, actor: Actor, mention_id: UUID, now: datetime) -> None:
    """This function will call a mention negative that the program let pass, and start its clock.   Raises: Forbidden, MentionMovedOn.   Source: RSK-1."""
    mention = queries.mention_for(actor, mention_id)
    access.require(actor, FLAG, shop_id=mention.shop_id)
    if mention.state not in {State.QUIET, State.DISMISSED}:
        raise MentionMovedOn
    by = now + timedelta(minutes=thresholds.value(ANSWER_WITHIN, shop_id=mention.shop_id))
    _step(actor, mention, State.NEW, FLAG, now, answer_by=by, severity=mention.severity or "normal", owner_id=None, owner_name="", told_overdue_at=None)
    mention.refresh_from_db()
    announce_mentions([mention], now)


@transaction.atomic
def dismiss(*, actor: Actor, mention_id: UUID, reason: str, now: datetime) -> None:
    """This function will call a mention a false alarm, with the reason.   Raises: Forbidden, ReasonMissing, MentionMovedOn."""
    mention = queries.mention_for(actor, mention_id)
    access.require(actor, FLAG, shop_id=mention.shop_id)
    if not reason.strip():
        raise ReasonMissing
    _step(actor, mention, State.DISMISSED, FLAG, now, reason=reason.strip(), outcome=reason.strip()[:300], closed_at=now)


@transaction.atomic
def take_on(*, actor: Actor, mention_id: UUID, now: datetime) -> None:
    """
    This function will make the actor the one who answers; a colleague's mention is taken over openly.

    Raises: Forbidden, MentionMovedOn.   Source: RSK-1.
    """
    mention = queries.mention_for(actor, mention_id)
    access.require(actor, ANSWER, shop_id=mention.shop_id)
    takeable = [State.NEW.value, State.ANSWERING.value, State.ANSWERED.value]
    changed = Mention.objects.filter(pk=mention_id, state__in=takeable, owner_id=mention.owner_id).update(
        state=State.ANSWERING, owner_id=actor.person_id, owner_name=actor.name, taken_at=now
    )
    if not changed or actor.person_id is None:
        raise MentionMovedOn
    audit.record(
        actor, ANSWER, subject=f"mention:{mention_id}", now=now, shop_id=mention.shop_id, details={"from": mention.state, "before": mention.owner_name}
    )


@transaction.atomic
def answer(*, actor: Actor, mention_id: UUID, text: str, now: datetime) -> None:
    """
    This function will keep the answer that was given, once its words have passed the screening.

    Raises: Forbidden, NotYours, AnswerMissing, AnswerUnlawful, MentionMovedOn.   Source: RSK-1, CMP-2.
    """
    mention = queries.mention_for(actor, mention_id)
    access.require(actor, ANSWER, shop_id=mention.shop_id)
    if not text.strip():
        raise AnswerMissing
    if mention.state == State.ANSWERING and mention.owner_id != actor.person_id:
        raise NotYours(owner=mention.owner_name)
    if mention.state != State.ANSWERING:
        raise MentionMovedOn
    category = compliance.category_words(mention.product.category_id) if mention.product else ""
    # Kaibo screens: the one who answers needs no right to the screening register itself.
    found = screening.screen_text(actor=KAIBO, text=text, surface="reply", category=category, subject=f"mention:{mention.pk}", now=now)
    if blocked := next((hit for hit in found.hits if hit.severity == "block"), None):
        raise AnswerUnlawful(word=blocked.text, **in_both(blocked.source, blocked.suggestion))
    _step(actor, mention, State.ANSWERED, ANSWER, now, answer=text.strip(), answered_at=now, answered_by=actor.name)


@transaction.atomic
def close(*, actor: Actor, mention_id: UUID, outcome: str, now: datetime) -> None:
    """This function will close an answered mention with what came of it.   Raises: Forbidden, ReasonMissing, MentionMovedOn."""
    mention = queries.mention_for(actor, mention_id)
    access.require(actor, CLOSE, shop_id=mention.shop_id)
    if not outcome.strip():
        raise ReasonMissing
    _step(actor, mention, State.CLOSED, CLOSE, now, reason=outcome.strip(), outcome=outcome.strip()[:300], closed_at=now)


@transaction.atomic
def add_watch_word(*, actor: Actor, shop_id: UUID, word: str, now: datetime, product_id: UUID | None = None) -> WatchWord:
    """This function will watch for a word.   Raises: Forbidden, WatchWordTooShort, WatchWordTaken, ProductUnknown."""
    access.require(actor, WATCH, shop_id=shop_id)
    word = word.strip()
    if len(word) < 2:
        raise WatchWordTooShort
    if product_id is not None:
        shop_id = catalog.product_for(actor, product_id).shop_id
    try:
        with transaction.atomic():
            made = WatchWord.objects.create(shop_id=shop_id, word=word, product_id=product_id, added_by=actor.name, added_at=now)
    except IntegrityError as taken:
        raise WatchWordTaken(word=word) from taken
    audit.record(actor, WATCH, subject=f"watchword:{made.pk}", now=now, shop_id=shop_id, details={"word": word})
    return made


@transaction.atomic
def tell_overdue(*, now: datetime) -> int:
    """This function will tell service and owner once of each mention whose hour is over, and give how many.   Source: RSK-1."""
    late = Mention.objects.filter(state__in=queries.BURNING, answer_by__lte=now, told_overdue_at=None).order_by("answer_by")[:MOST_TOLD]
    told = 0
    for one in late:
        if not Mention.objects.filter(pk=one.pk, told_overdue_at=None).update(told_overdue_at=now):
            continue
        told += 1
        notices.tell(
            _people(one.shop_id), key=f"risk:overdue:{one.pk}:{one.answer_by:%Y%m%d%H%M}", title=gettext_noop("舆情超时未答复：%(text)s"),
            values={"text": shortened(one.text, limit=60)}, href=_href(one), state="red", now=now,
        )  # fmt: skip
    return told
