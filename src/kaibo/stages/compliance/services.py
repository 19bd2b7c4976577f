"""Writes of compliance: documents, screenings, releases, reminders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_noop

from kaibo.facts.flow import QualificationExpired
from kaibo.kit.clock import business_date
from kaibo.kit.errors import Conflict, Invalid
from kaibo.language.lexicon import SURFACES
from kaibo.language.screening import Screening
from kaibo.master.catalog.queries import product_for
from kaibo.master.media import services as media
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.citations import in_both
from kaibo.plumbing.notices import notices
from kaibo.plumbing.once import reading
from kaibo.plumbing.outbox import outbox
from kaibo.stages.compliance import disclosures, queries, rules
from kaibo.stages.compliance.claims import claim_by_key
from kaibo.stages.compliance.models import Document, ScreenedText
from kaibo.stages.compliance.permissions import CONFIRM, FILE, RELEASE, SCREEN
from kaibo.stages.compliance.rights import watchers_of
from kaibo.stages.compliance.rules import (
    DOCUMENT_STEPS,
    SCREENING_STEPS,
    DocumentState,
    ScreeningState,
    packaged_matrix,
)

LONGEST_TEXT = 20_000


class DocumentNumberTaken(Conflict):
    code = "compliance.document_number_taken"
    message_zh = "这个店铺已有同类证号“{number}”"
    message_en = "The shop already has a document of this kind with the number “{number}”"


class DocumentKindUnknown(Invalid):
    code = "compliance.document_kind_unknown"
    message_zh = "没有这种资质：“{kind}”"
    message_en = "There is no such kind of document: “{kind}”"


class ClaimUnknown(Invalid):
    code = "compliance.claim_unknown"
    message_zh = "没有这种功效：“{claim}”"
    message_en = "There is no such functional claim: “{claim}”"


class DocumentStepTaken(Conflict):
    code = "compliance.document_step_taken"
    message_zh = "这份资质的状态已被别人改过，请刷新"
    message_en = "Somebody changed this document already; reload"


class TextTooLong(Invalid):
    code = "compliance.text_too_long"
    message_zh = "一次最多筛查 {most} 个字，现在 {length} 个"
    message_en = "At most {most} characters at once, not {length}"


class NothingToScreen(Invalid):
    code = "compliance.nothing_to_screen"
    message_zh = "没有文字可筛查"
    message_en = "There is no text to screen"


class SurfaceUnknown(Invalid):
    code = "compliance.surface_unknown"
    message_zh = "没有“{surface}”这个用途，可选：{known}"
    message_en = "There is no surface “{surface}”; known are: {known}"


class TextNotOpen(Conflict):
    code = "compliance.text_not_open"
    message_zh = "这段文字已有人处理，或已被新的文字取代"
    message_en = "Somebody settled this text already, or a newer one replaced it"


@dataclass(frozen=True, slots=True)
class Upload:
    """A scan or photograph somebody brought."""

    name: str
    mime: str
    content: BinaryIO


@transaction.atomic
def file_document(
    *, actor: Actor, shop_id: UUID, kind: str, number: str, valid_from: date, valid_until: date | None, now: datetime, issuer: str = "",
    product_id: UUID | None = None, picture: Upload | None = None, claims: tuple[str, ...] = (), renews: UUID | None = None,
) -> Document:
    """
    This function will file a document; until somebody has checked the original it counts as unchecked. A filing or report names the
    functional claims it covers; one that renews another stands beside it from then on.

    Raises: Forbidden, DocumentKindUnknown, ClaimUnknown, DatesReversed, DocumentNumberTaken, ProductUnknown, DocumentUnknown.   Source: CMP-1, CMP-5.
    """
    access.require(actor, FILE, shop_id=shop_id)
    if kind not in packaged_matrix().titles:
        raise DocumentKindUnknown(kind=kind)
    if unknown := next((key for key in claims if claim_by_key(key) is None), ""):
        raise ClaimUnknown(claim=unknown)
    rules.check_dates(valid_from, valid_until)
    if product_id is not None:
        shop_id = product_for(actor, product_id).shop_id
        access.require(actor, FILE, shop_id=shop_id)
    try:
        with transaction.atomic():
            document = Document.objects.create(
                shop_id=shop_id, product_id=product_id, kind=kind, number=number.strip(), issuer=issuer.strip(), valid_from=valid_from,
                valid_until=valid_until, media_id=_kept(actor, picture, now), added_by=actor.name, added_at=now, claims=list(claims),
            )
    except IntegrityError as taken:
        raise DocumentNumberTaken(number=number) from taken
    if renews is not None:
        Document.objects.filter(pk=queries.document_for(actor, renews).pk, shop=shop_id, kind=kind).update(replaced_by=document)
    audit.record(
        actor, FILE, subject=f"document:{document.pk}", now=now, shop_id=shop_id,
        details={"kind": kind, "number": document.number, "until": valid_until.isoformat() if valid_until else None},
    )
    return document


def _kept(actor: Actor, picture: Upload | None, now: datetime) -> UUID | None:
    if picture is None:
        return None
    return media.keep(actor=actor, name=picture.name, mime=picture.mime, content=picture.content, now=now).pk


def confirm_document(*, actor: Actor, document_id: UUID, now: datetime) -> None:
    """This function will note that the original was checked.   Raises: Forbidden, DocumentUnknown, DocumentStepTaken."""
    _step(actor, document_id, DocumentState.CONFIRMED, now, confirmed_by=actor.name, confirmed_at=now)


def withdraw_document(*, actor: Actor, document_id: UUID, reason: str, now: datetime) -> None:
    """This function will take a document out of use.   Raises: Forbidden, DocumentUnknown, DocumentStepTaken, ReasonMissing."""
    if not reason.strip():
        raise rules.ReasonMissing
    _step(actor, document_id, DocumentState.WITHDRAWN, now, reason=reason.strip())


@transaction.atomic
def _step(actor: Actor, document_id: UUID, target: DocumentState, now: datetime, *, reason: str = "", **fields: object) -> None:
    document = queries.document_for(actor, document_id)
    access.require(actor, CONFIRM, shop_id=document.shop_id)
    sources = DOCUMENT_STEPS.sources_of(target)
    if not Document.objects.filter(pk=document.pk, state__in=sources).update(state=target, **fields):
        raise DocumentStepTaken
    audit.record(
        actor, f"compliance:document:{target}", subject=f"document:{document.pk}", now=now, shop_id=document.shop_id, reason=reason,
        details={"kind": document.kind, "number": document.number},
    )
    disclosures.publish_permits([document.shop_id], now)


@transaction.atomic
def keep_screening(
    *, actor: Actor, text: str, surface: str, category: str, now: datetime, subject: str = "", product_id: UUID | None = None,
    shop_id: UUID | None = None,
) -> ScreenedText:
    """
    This function will screen a text and keep what was found; an earlier text of the same subject and surface is replaced.

    The same words judged by the same lexicon again are the same screening: nothing new is written.
    Raises: Forbidden, NothingToScreen, TextTooLong, SurfaceUnknown, ProductUnknown.   Source: CMP-2, CMP-4.
    """
    product_id = _product_of(subject) or product_id
    if product_id is not None:
        shop_id = product_for(actor, product_id).shop_id
    access.require(actor, SCREEN, shop_id=shop_id)
    _check_text(text, surface)
    screening = queries.screen_now(text, surface=surface, category=category)
    earlier = _standing_texts(subject, surface, shop_id)
    same = earlier.filter(text=text, category=category[:60], lexicon_version=screening.lexicon_version).first()
    if same is not None:
        return same
    if subject:
        earlier.update(state=ScreeningState.REPLACED)
    kept = ScreenedText.objects.create(
        shop_id=shop_id, product_id=product_id, subject=subject, surface=surface, category=category[:60], text=text, verdict=screening.verdict,
        hits=[asdict(hit) for hit in screening.hits], lexicon_version=screening.lexicon_version,
        state=ScreeningState.CLEAR if screening.verdict == "pass" else ScreeningState.OPEN,
        screened_by=actor.name, screened_by_id=actor.person_id, screened_at=now,
    )
    if screening.verdict != "pass":
        audit.record(
            actor, SCREEN, subject=subject or f"text:{kept.pk}", now=now, shop_id=shop_id,
            details={"verdict": screening.verdict, "surface": surface, "hits": [hit.text for hit in screening.hits][:20], "lexicon": screening.lexicon_version},
        )
    return kept


def _standing_texts(subject: str, surface: str, shop_id: UUID | None) -> QuerySet[ScreenedText]:
    if not subject:
        return ScreenedText.objects.none()
    return ScreenedText.objects.filter(subject=subject, surface=surface, shop=shop_id).exclude(state=ScreeningState.REPLACED)


def _check_text(text: str, surface: str) -> None:
    if not text.strip():
        raise NothingToScreen
    if len(text) > LONGEST_TEXT:
        raise TextTooLong(most=LONGEST_TEXT, length=len(text))
    if surface not in SURFACES:
        raise SurfaceUnknown(surface=surface, known="、".join(SURFACES))


def screen_text(*, actor: Actor, text: str, surface: str, category: str, subject: str, now: datetime) -> Screening:
    """
    This function will screen a text, keep it, and give what was found.

    `subject` names what the text belongs to; one that begins with `product:<id>` counts among that product's open texts.
    `category` is the category's words (服装), see `queries.category_words`.   Source: CMP-4.
    """
    kept = keep_screening(actor=actor, text=text, surface=surface, category=category, subject=subject, now=now)
    return Screening(kept.verdict, tuple(queries.hits_of(kept)), kept.lexicon_version)


class TextNamesProduct(Conflict):
    code = "compliance.text_names_product"
    message_zh = "这段文字已经归到一个商品了"
    message_en = "This text belongs to a product already"


@transaction.atomic
def name_product(*, actor: Actor, screening_id: UUID, product_id: UUID, now: datetime) -> None:
    """
    This function will say which product a kept text is about, so that its claims count there.

    Raises: Forbidden, ScreeningUnknown, ProductUnknown, TextNamesProduct.   Source: CMP-5.
    """
    kept = queries.text_for(actor, screening_id)
    product = product_for(actor, product_id)
    access.require(actor, SCREEN, shop_id=product.shop_id)
    free = ScreenedText.objects.filter(pk=kept.pk, product=None).filter(Q(shop=None) | Q(shop=product.shop_id))
    if not free.update(product=product, shop=product.shop_id):
        raise TextNamesProduct
    audit.record(actor, "compliance:text:name", subject=f"text:{kept.pk}", now=now, shop_id=product.shop_id, details={"product": product.code})


def _product_of(subject: str) -> UUID | None:
    noun, _colon, rest = subject.partition(":")
    if noun != "product":
        return None
    try:
        return UUID(rest[:36])
    except ValueError:
        return None


@transaction.atomic
def release_text(*, actor: Actor, screening_id: UUID, reason: str, now: datetime) -> ScreenedText:
    """
    This function will let a text through that needs judgement: by a second person, with the ground for it. Forbidden words never.

    Raises: Forbidden, ScreeningUnknown, BlockedCannotBeReleased, SecondPersonNeeded, ReasonMissing, TextNotOpen.   Source: CMP-4, LOOK 3.
    """
    kept = queries.text_for(actor, screening_id)
    access.require(actor, RELEASE, shop_id=kept.shop_id)
    blocked = next((hit for hit in queries.hits_of(kept) if hit.severity == "block"), None)
    if blocked:
        raise rules.BlockedCannotBeReleased(text=blocked.text, **in_both(blocked.source, blocked.suggestion))
    if kept.screened_by_id is not None and kept.screened_by_id == actor.person_id:
        raise rules.SecondPersonNeeded
    if not reason.strip():
        raise rules.ReasonMissing
    changed = ScreenedText.objects.filter(pk=kept.pk, state__in=SCREENING_STEPS.sources_of(ScreeningState.RELEASED)).update(
        state=ScreeningState.RELEASED, released_by=actor.name, released_by_id=actor.person_id, released_at=now, release_reason=reason.strip()
    )
    if not changed:
        raise TextNotOpen
    audit.record(
        actor, RELEASE, subject=kept.subject or f"text:{kept.pk}", now=now, shop_id=kept.shop_id, reason=reason.strip(),
        details={"hits": [hit["text"] for hit in kept.hits], "lexicon": kept.lexicon_version},
    )
    kept.refresh_from_db()
    return kept


def remind_expiring(now: datetime) -> int:
    """
    This function will tell compliance and the owner of documents that end within 30, 7 and 1 days, and announce those that ended.

    Each reminder is told once a person, each end announced once; a document that has a longer valid successor is left
    alone. Gives how many documents it spoke of for the first time or again.   Source: CMP-1.
    """
    today = business_date(now)
    unannounced = Q(valid_until__lt=today, expiry_announced_at=None)
    soon = Q(valid_until__gte=today, valid_until__lte=today + timedelta(days=max(rules.REMIND_DAYS)))
    ending = list(Document.objects.exclude(state=DocumentState.WITHDRAWN).filter(unannounced | soon).select_related("shop"))
    held: dict[tuple[UUID, str, UUID | None], list[rules.Held]] = {}
    for shop_id, papers in queries.held_documents({one.shop_id for one in ending}).items():
        for paper in papers:
            held.setdefault((shop_id, paper.kind, paper.product_id), []).append(paper)
    with reading():  # those who are told are looked up once a shop
        return _remind(ending, held, now)


def _remind(ending: Sequence[Document], held: Mapping[tuple[UUID, str, UUID | None], list[rules.Held]], now: datetime) -> int:
    today, spoken = business_date(now), 0
    due = {one.pk: days for one in ending if one.valid_until >= today and (days := rules.reminder_due(one.valid_until, today)) is not None}
    told = notices.told(_reminder_key(document_id, days) for document_id, days in due.items())
    for document in ending:
        if _has_successor(document, held.get((document.shop_id, document.kind, document.product_id), ())):
            continue
        if document.valid_until < today:
            spoken += _announce_end(document, now)
        elif document.pk in due:
            key = _reminder_key(document.pk, due[document.pk])
            if watchers_of(document.shop_id) - told.get(key, set()):
                _tell(document, key=key, state="run", now=now, title=gettext_noop("%(shop)s %(kind)s 还有 %(days)s 天到期"), days=(document.valid_until - today).days)
            spoken += 1
    return spoken


def _reminder_key(document_id: UUID, days: int) -> str:
    return f"qualification:{document_id}:{days}"


def _has_successor(document: Document, held: Iterable[rules.Held]) -> bool:
    return any(
        one.id != document.pk and one.state == DocumentState.CONFIRMED
        and (one.valid_until is None or one.valid_until > document.valid_until)
        for one in held
    )


@transaction.atomic
def _announce_end(document: Document, now: datetime) -> int:
    if not Document.objects.filter(pk=document.pk, expiry_announced_at=None).update(expiry_announced_at=now):
        return 0
    outbox.announce(QualificationExpired(document_id=document.pk, shop_id=document.shop_id, at=now), now=now)
    _tell(document, key=f"qualification:{document.pk}:expired", state="red", now=now, title=gettext_noop("%(shop)s %(kind)s 已过期，相关商品不能上架"))
    return 1


def _tell(document: Document, *, key: str, title: str, state: str, now: datetime, days: int = 0) -> None:
    matrix = packaged_matrix()
    kind = (matrix.title(document.kind), matrix.title(document.kind, "en"))
    notices.tell(
        watchers_of(document.shop_id), key=key, title=title, body="%(number)s · %(until)s", now=now,
        values={"shop": document.shop.name, "kind": kind, "days": days, "number": document.number, "until": f"{document.valid_until}"},
        href=f"{reverse('compliance:documents')}?q={document.number}", state=state
    )
