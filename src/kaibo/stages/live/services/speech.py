"""Hear the host (CMP-9): lines from any speech recogniser, screened as they come; hits reach the desk at the commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.language.screening import Hit
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.citations import in_both
from kaibo.room import moderation
from kaibo.stages.compliance.house_words import current_screener
from kaibo.stages.compliance.queries import category_words
from kaibo.stages.live.models import Desk, SaleItem, SpeechHit, SpeechLine
from kaibo.stages.live.permissions import SPEECH_ACKNOWLEDGE, SPEECH_SEND
from kaibo.stages.live.rules import NotLive
from kaibo.stages.live.talk_rules import HitSettled, HitUnknown, NothingHeard, heard, spoken_words
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session

MOST_LINES = 200
LONGEST_LINE = 500


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a recogniser gives it; `is_final` false: it may still change its mind."""

    at: datetime
    text: str
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class Hearing:
    """What came of some lines."""

    lines: int
    words: int
    hits: tuple[SpeechHit, ...]


@transaction.atomic
def hear_lines(*, actor: Actor, session_id: UUID, lines: Sequence[Line], now: datetime) -> Hearing:
    """
    This function will screen lines of the host's speech, keep them, and tell the desk what the law objects to.

    The same `at` again is the same line, corrected; sending it twice changes nothing.
    Raises: Forbidden, NotLive, NothingHeard.   Source: CMP-9.
    """
    session = showplan.session_for(actor, session_id)
    access.require(actor, SPEECH_SEND, shop_id=session.shop_id)
    if session.state not in {Session.State.LIVE, Session.State.READY}:
        raise NotLive
    if not 1 <= len(lines) <= MOST_LINES or any(not one.text.strip() or len(one.text) > LONGEST_LINE or one.at.tzinfo is None for one in lines):
        raise NothingHeard
    screener, category = current_screener(), _category(session)
    with connection.cursor() as cursor:
        # lock: two recognisers of one session take turns, so that each line knows the one before it
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('speech ' || %s, 0))", [str(session.pk)])
    found: list[SpeechHit] = []
    for line in sorted(lines, key=lambda one: one.at):
        found += _hear(session, line, lambda text: screener.screen(text, "script", category or None).hits, now)
    return Hearing(len(lines), sum(spoken_words(one.text) for one in lines), tuple(found))


def _hear(session: Session, line: Line, screen: Callable[[str], Sequence[Hit]], now: datetime) -> list[SpeechHit]:
    text = line.text.strip()
    kept, is_new = SpeechLine.objects.get_or_create(
        session=session, at=line.at, defaults={"text": text, "is_final": line.is_final, "words": spoken_words(text), "heard_at": now}
    )
    if not is_new and (kept.is_final or (kept.text, kept.is_final) == (text, line.is_final)):
        return []
    if not is_new:
        SpeechLine.objects.filter(pk=kept.pk).update(text=text, is_final=line.is_final, words=spoken_words(text), heard_at=now)
    before = SpeechLine.objects.filter(session=session, at__lt=line.at).order_by("-at").first()
    said = heard(before.text if before else "", text, screen)
    if before is not None:
        _withdraw([one for one in before.hits.filter(state=SpeechHit.State.OPEN, end=len(before.text)) if (one.start, one.end) not in said.standing], session)
    return _keep(session, kept, said.hits, now)


def _keep(session: Session, line: SpeechLine, hits: Sequence[Hit], now: datetime) -> list[SpeechHit]:
    known = list(line.hits.exclude(state=SpeechHit.State.WITHDRAWN))
    wanted = Counter((hit.text[:80], hit.kind[:40]) for hit in hits)
    for one in known:
        if wanted[one.text, one.kind] > 0:
            wanted[one.text, one.kind] -= 1
        elif one.state == SpeechHit.State.OPEN:
            _withdraw([one], session)
    fresh = []
    for hit in reversed(hits):
        if wanted[hit.text[:80], hit.kind[:40]] > 0:
            wanted[hit.text[:80], hit.kind[:40]] -= 1
            fresh.append(hit)
    made = [
        SpeechHit.objects.create(
            session=session, line=line, start=hit.start, end=hit.end, text=hit.text[:80], kind=hit.kind[:40], severity=hit.severity, source=hit.source[:200],
            suggestion=hit.suggestion[:200], at=now,
        )
        for hit in reversed(fresh)
    ]  # fmt: skip
    for one in made:
        _tell(session, "hit", one, line)
    return made


def _withdraw(hits: Sequence[SpeechHit], session: Session) -> None:
    """The recogniser corrected itself, or the next line showed that it was another word."""
    for one in hits:
        if SpeechHit.objects.filter(pk=one.pk, state=SpeechHit.State.OPEN).update(state=SpeechHit.State.WITHDRAWN):
            _tell(session, "hit_withdrawn", one, None)


def _tell(session: Session, kind: str, hit: SpeechHit, line: SpeechLine | None) -> None:
    body = {
        "hit": str(hit.pk), "text": hit.text, "severity": hit.severity, **in_both(hit.source, hit.suggestion), "kind": hit.kind,
        "said": line.text if line else "", "start": hit.start, "end": hit.end, "at": line.at.isoformat() if line else "",
    }  # fmt: skip
    with connection.cursor() as cursor:
        moderation.tell_desk(cursor, room=session.room, kind=kind, body=body)


def _category(session: Session) -> str:
    """The words of the category of what is being explained: some are forbidden for some goods only."""
    item = Desk.objects.filter(session=session).values_list("current_item", flat=True).first()
    category = SaleItem.objects.filter(pk=item).values_list("sku__product__category_id", flat=True).first() if item else None
    return category_words(category) if category else ""


@transaction.atomic
def acknowledge_hit(*, actor: Actor, session_id: UUID, hit_id: UUID, note: str, now: datetime) -> SpeechHit:
    """
    This function will note that a person dealt with a hit: the host corrected it, or it was none.

    Raises: Forbidden, HitUnknown, HitSettled.   Source: CMP-9.
    """
    session = showplan.session_for(actor, session_id)
    access.require(actor, SPEECH_ACKNOWLEDGE, shop_id=session.shop_id)
    hit = SpeechHit.objects.filter(pk=hit_id, session=session).first()
    if hit is None:
        raise HitUnknown
    changed = SpeechHit.objects.filter(pk=hit.pk, state=SpeechHit.State.OPEN).update(
        state=SpeechHit.State.ACKNOWLEDGED, acknowledged_by_name=actor.name, acknowledged_at=now, note=note.strip()[:200]
    )
    if not changed:
        raise HitSettled
    _tell(session, "hit_settled", hit, None)
    audit.record(
        actor, "live:speech:acknowledge", subject=f"session:{session.pk}", now=now, shop_id=session.shop_id, details={"hit": str(hit.pk), "text": hit.text, "note": note.strip()[:200]}
    )
    hit.refresh_from_db()
    return hit
