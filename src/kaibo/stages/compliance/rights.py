"""The register of intellectual property, pictures with their fingerprints, and what is decided about likenesses (CMP-6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_noop

from kaibo.kit.clock import business_date
from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.ids import new_id
from kaibo.kit.pictures import opened, signed, unsigned
from kaibo.master.catalog.queries import product_for
from kaibo.master.media import services as media
from kaibo.master.people.queries import people_with_role
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.plumbing.once import asked_once, reading
from kaibo.stages.compliance import evidence, rules
from kaibo.stages.compliance.fingers import near_ids
from kaibo.stages.compliance.likeness import (
    ALIKE_TITLE_BP,
    Fingerprint,
    Near,
    fingerprint,
    mirrored,
    nearness,
    title_like_bp,
)
from kaibo.stages.compliance.models import IpRight, Likeness, Picture
from kaibo.stages.compliance.permissions import LIKENESS, RIGHTS
from kaibo.stages.selection import queries as selection

KINDS = ("design_patent", "packaging_patent", "utility_patent", "trademark", "copyright")
MOST_NEAR = 50


class RightTaken(Conflict):
    code = "compliance.right_taken"
    message_zh = "这个店铺已登记过同类编号“{number}”"
    message_en = "The shop has registered this number of this kind already: “{number}”"


class RightUnusable(Invalid):
    code = "compliance.right_unusable"
    message_zh = "名称、编号和权利人都要填"
    message_en = "Title, number and owner are needed"


class RightEnded(Conflict):
    code = "compliance.right_ended"
    message_zh = "这项权利已经停用"
    message_en = "The right was taken off the register already"


class OriginMissing(Invalid):
    code = "compliance.origin_missing"
    message_zh = "别人的图要写明出处（店铺、链接）"
    message_en = "Say where somebody else's picture is from (shop, link)"


class LikenessDecided(Conflict):
    code = "compliance.likeness_decided"
    message_zh = "这条相似已有人判断，请刷新"
    message_en = "Somebody decided about this likeness already; reload"


class GroundMissing(Invalid):
    code = "compliance.ground_missing"
    message_zh = "判断要写明依据（授权书编号、拍摄原片、区别在哪里）"
    message_en = "A decision needs its ground: an authorisation, the original files, what differs"


@dataclass(frozen=True, slots=True)
class RightDraft:
    """A right as somebody wants it on the register. `authorisation` says by what we may use somebody else's."""

    kind: str
    title: str
    number: str
    owner: str
    valid_from: date
    valid_until: date | None = None
    authorisation: str = ""
    product_id: UUID | None = None


@transaction.atomic
def add_right(*, actor: Actor, shop_id: UUID, draft: RightDraft, now: datetime, media_id: UUID | None = None) -> IpRight:
    """
    This function will put a right on the register.

    Raises: Forbidden, RightUnusable, DatesReversed, RightTaken, ProductUnknown.   Source: CMP-6.
    """
    if draft.product_id is not None:
        shop_id = product_for(actor, draft.product_id).shop_id
    access.require(actor, RIGHTS, shop_id=shop_id)
    if draft.kind not in KINDS or not (draft.title.strip() and draft.number.strip() and draft.owner.strip()):
        raise RightUnusable
    rules.check_dates(draft.valid_from, draft.valid_until)
    try:
        with transaction.atomic():
            made = IpRight.objects.create(
                shop_id=shop_id, product_id=draft.product_id, kind=draft.kind, title=draft.title.strip(), number=draft.number.strip(), owner=draft.owner.strip(),
                authorisation=draft.authorisation.strip(), valid_from=draft.valid_from, valid_until=draft.valid_until, media_id=media_id,
                added_by=actor.name, added_at=now,
            )  # fmt: skip
    except IntegrityError as taken:
        raise RightTaken(number=draft.number) from taken
    audit.record(actor, RIGHTS, subject=f"right:{made.pk}", now=now, shop_id=shop_id, details={"kind": made.kind, "number": made.number})
    return made


@transaction.atomic
def end_right(*, actor: Actor, right_id: UUID, reason: str, now: datetime) -> None:
    """This function will take a right off the register.   Raises: Forbidden, RightEnded, ReasonMissing."""
    found = evidence.rights_for(actor).filter(pk=right_id).first()
    if found is None:
        raise RightEnded
    access.require(actor, RIGHTS, shop_id=found.shop_id)
    if not reason.strip():
        raise GroundMissing
    if not IpRight.objects.filter(pk=right_id, ended_at=None).update(ended_by=actor.name, ended_at=now, end_reason=reason.strip()[:200]):
        raise RightEnded
    audit.record(actor, RIGHTS, subject=f"right:{right_id}", now=now, shop_id=found.shop_id, reason=reason.strip(), details={"ended": found.number})


def remind_ending(now: datetime) -> int:
    """
    This function will tell compliance and the owner of rights and authorisations that end within 30, 7 and 1 days, and of those that ended.

    Each reminder is told once a person.   Source: CMP-6.
    """
    today = business_date(now)
    ending = list(IpRight.objects.filter(ended_at=None, valid_until__lte=today + timedelta(days=max(rules.REMIND_DAYS))))
    due = {one: rules.reminder_due(one.valid_until, today) for one in ending}
    keys = {one: f"right:{one.pk}:{'ended' if days is None else days}" for one, days in due.items()}
    told = notices.told(keys.values())
    with reading():  # those who are told are looked up once a shop
        people = {one: watchers_of(one.shop_id) for one in ending}
    for one, days in due.items():
        if not people[one] - told.get(keys[one], set()):
            continue
        notices.tell(
            people[one], key=keys[one], body="%(number)s · %(until)s", now=now, state="red" if days is None else "run",
            title=gettext_noop("%(title)s 的权利或授权已到期") if days is None else gettext_noop("%(title)s 的权利或授权还有 %(days)s 天到期"),
            values={"title": one.title, "number": one.number, "until": f"{one.valid_until}", "days": (one.valid_until - today).days},
            href=f"{reverse('compliance:rights')}?q={one.number}",
        )  # fmt: skip
    return len(ending)


@asked_once
def watchers_of(shop_id: UUID) -> set[UUID]:
    """This function will give who is told of papers and rights of a shop: compliance and the owner."""
    return {*people_with_role("compliance", shop_id=shop_id), *people_with_role("owner", shop_id=shop_id)}


# Pictures


@transaction.atomic
def keep_picture(
    *, actor: Actor, shop_id: UUID, name: str, mime: str, content: BinaryIO, now: datetime, product_id: UUID | None = None, origin: str = "",
    title: str = "", competitor_id: UUID | None = None,
) -> tuple[Picture, list[Likeness]]:
    """
    This function will keep a picture, of a product of ours or of somebody else's goods, and compare it with the other side's.

    Likenesses it finds are kept open until somebody decides. The same file of the same product again is the same picture.
    Raises: Forbidden, NotAPicture, OriginMissing, ProductUnknown, FileTooLarge, DiskFull.   Source: CMP-6.
    """
    product = product_for(actor, product_id) if product_id else None
    shop_id = product.shop_id if product else shop_id
    access.require(actor, RIGHTS, shop_id=shop_id)
    if product is None and not origin.strip():
        raise OriginMissing
    picture = opened(content)
    fingers, turned = fingerprint(picture), mirrored(picture)
    content.seek(0)
    file = media.keep(actor=actor, name=name, mime=mime, content=content, now=now)
    if product is not None and (same := Picture.objects.filter(product=product, media__sha256=file.sha256).first()):
        file.delete()
        return same, []
    kept = Picture.objects.create(
        shop_id=shop_id, product=product, competitor_id=competitor_id, media=file, title=(product.title if product else title.strip())[:200],
        origin=origin.strip()[:200], whole=signed(fingers.whole), windows=[signed(one) for one in fingers.windows], added_by=actor.name, added_at=now,
    )  # fmt: skip
    audit.record(actor, RIGHTS, subject=f"picture:{kept.pk}", now=now, shop_id=shop_id, details={"product": product.code if product else "", "origin": kept.origin})
    return kept, _note_likenesses(kept, near_pictures(shop_id, fingers, turned, of_ours=product is None), now)


def near_pictures(shop_id: UUID, fingers: Fingerprint, turned: Fingerprint, *, of_ours: bool) -> list[tuple[Picture, Near]]:
    """
    This function will find the kept pictures a picture is like, the nearest first: ours, or other people's.

    What stands out among all fingerprints is judged once more with its rows.   Source: CMP-6.
    """
    ids = near_ids(shop_id, fingers, turned, of_ours=of_ours)
    found = []
    for one in Picture.objects.filter(pk__in=ids).select_related("media", "product"):
        near = nearness(fingers, turned, Fingerprint(unsigned(one.whole), tuple(unsigned(window) for window in one.windows)))
        if near.is_alike:
            found.append((one, near))
    return sorted(found, key=lambda pair: (pair[1].bits, pair[0].added_at))[:MOST_NEAR]


def _note_likenesses(kept: Picture, near: Sequence[tuple[Picture, Near]], now: datetime) -> list[Likeness]:
    made = []
    for other, how in near:
        ours, theirs = (kept, other) if kept.product_id else (other, kept)
        made.append(
            Likeness(
                id=new_id(), shop_id=kept.shop_id, product_id=ours.product_id, kind="picture", ours=ours, theirs=theirs, competitor_id=theirs.competitor_id,
                their_title=theirs.title, their_origin=theirs.origin, distance=how.bits, how=how.how, found_at=now,
            )
        )
    return Likeness.objects.bulk_create(made, ignore_conflicts=True)


@transaction.atomic
def compare_titles(*, actor: Actor, product_id: UUID, now: datetime) -> list[Likeness]:
    """
    This function will compare a product's title with its competitors' and keep those that are too like it.   Raises: Forbidden, ProductUnknown.

    A likeness that was decided is not opened again.   Source: CMP-6.
    """
    product = product_for(actor, product_id)
    access.require(actor, RIGHTS, shop_id=product.shop_id)
    made = []
    for one in selection.competitors_of_product(product.pk):
        like_bp = title_like_bp(product.title, one.title)
        if like_bp >= ALIKE_TITLE_BP:
            made.append(
                Likeness(
                    id=new_id(), shop_id=product.shop_id, product=product, kind="title", competitor_id=one.pk, their_title=one.title, their_origin=one.shop_name,
                    like_bp=like_bp, how="title", found_at=now,
                )
            )
    return Likeness.objects.bulk_create(made, ignore_conflicts=True)


@transaction.atomic
def decide_likeness(*, actor: Actor, likeness_id: UUID, is_copy: bool, ground: str, now: datetime) -> Likeness:
    """
    This function will keep whether a likeness is a copying risk, with the ground: upheld, the product may not go on sale; cleared, it may.

    Raises: Forbidden, LikenessUnknown, GroundMissing, LikenessDecided.   Source: CMP-6.
    """
    found = evidence.likeness_for(actor, likeness_id)
    access.require(actor, LIKENESS, shop_id=found.shop_id)
    if not ground.strip():
        raise GroundMissing
    state = "upheld" if is_copy else "cleared"
    changed = Likeness.objects.filter(pk=found.pk, state=found.state).exclude(state=state).update(
        state=state, ground=ground.strip()[:300], decided_by=actor.name, decided_at=now
    )
    if not changed:
        raise LikenessDecided
    audit.record(actor, LIKENESS, subject=f"likeness:{found.pk}", now=now, shop_id=found.shop_id, reason=ground.strip(), details={"state": state, "distance": found.distance})
    found.refresh_from_db()
    return found
