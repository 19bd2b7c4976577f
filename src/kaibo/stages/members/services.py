"""Writes of members: take purchases in, score, record consent, change offers, take contact lists out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Q

from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.text import mask_middle
from kaibo.master.shops.queries import shop_for
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake.kinds import Taken
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.vault import vault
from kaibo.plumbing.vault.vault import PersonErased
from kaibo.stages.members import queries, rules
from kaibo.stages.members.models import ContactList, Member, Purchase, SegmentOffer, Touch
from kaibo.stages.members.permissions import CONSENT, CONTACT, OFFER, SCORE
from kaibo.stages.members.rules import Bought, LeftOut

CONTACT_LOCK = 7_204_211


class ContactReasonMissing(Invalid):
    code = "members.contact_reason_missing"
    message_zh = "导出触达名单需要写明用途"
    message_en = "Taking out a contact list needs its purpose"


class NobodyToContact(Conflict):
    code = "members.nobody_to_contact"
    message_zh = "这一层里现在没有可以触达的会员：{why}"
    message_en = "Nobody in this segment may be contacted now: {why_en}"


class SegmentUnknown(Invalid):
    code = "members.segment_unknown"
    message_zh = "没有“{segment}”这个分层"
    message_en = "There is no segment “{segment}”"


class CouponAboveMinimum(Invalid):
    code = "members.coupon_above_minimum"
    message_zh = "券面额不能超过使用门槛"
    message_en = "A coupon cannot be worth more than the order it needs"


@transaction.atomic
def take_purchases(*, shop_id: UUID, platform: str, bought: Sequence[Bought], now: datetime) -> list[Taken]:
    """
    This function will keep purchases, each once, and give what became of each; members are made as they appear.

    A constant number of queries. The sums of the members touched are counted again from their purchases.   Source: MEM-1.
    """
    members = _members_of(shop_id, platform, {one.customer for one in bought}, now)
    keys = [(members[one.customer].pk, one.key) for one in bought]
    there = {
        (one.member_id, one.reference): one
        for one in Purchase.objects.filter(member__in={member for member, _key in keys}, reference__in={key for _member, key in keys})
    }
    fresh: dict[tuple[UUID, str], Purchase] = {}
    changed: list[Purchase] = []
    outcomes = []
    for one, key in zip(bought, keys, strict=True):
        stood = there.get(key)
        if stood is None and key not in fresh:
            fresh[key] = Purchase(member_id=key[0], reference=key[1], bought_at=one.bought_at, amount_fen=one.amount_fen, quantity=one.quantity)
            outcomes.append(Taken.NEW)
        elif stood is not None and (stood.bought_at, stood.amount_fen, stood.quantity) != (one.bought_at, one.amount_fen, one.quantity):
            stood.bought_at, stood.amount_fen, stood.quantity = one.bought_at, one.amount_fen, one.quantity
            changed.append(stood)
            outcomes.append(Taken.CHANGED)
        else:
            outcomes.append(Taken.SAME)
    Purchase.objects.bulk_create(fresh.values(), ignore_conflicts=True)
    Purchase.objects.bulk_update(changed, ["bought_at", "amount_fen", "quantity"])
    _sum_up(sorted({member for member, _key in keys}))
    _note_consents(bought, members, now)
    return outcomes


def _members_of(shop_id: UUID, platform: str, customers: set[str], now: datetime) -> dict[str, Member]:
    """Members by customer number, made where missing: the number itself lies sealed, its mask is shown."""
    subjects = vault.subject_ids({f"{platform}:{one}" for one in customers}, now=now)
    by_customer = {one: subjects[f"{platform}:{one}"] for one in customers}
    there = {one.subject_id: one for one in Member.objects.filter(shop=shop_id, subject_id__in=by_customer.values())}
    missing = [one for one, subject in by_customer.items() if subject not in there]
    sealed = vault.seal_many({by_customer[one]: {"customer": one} for one in missing})
    Member.objects.bulk_create(
        [
            Member(
                shop_id=shop_id, subject_id=by_customer[one], platform=platform, label=mask_middle(one, keep_start=1, keep_end=2)[:60],
                sealed=sealed[by_customer[one]], created_at=now,
            )
            for one in sorted(missing)
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    there = {one.subject_id: one for one in Member.objects.filter(shop=shop_id, subject_id__in=by_customer.values())}
    return {one: there[subject] for one, subject in by_customer.items()}


SUM_UP = """
WITH s AS MATERIALIZED (
    SELECT given.id, p.* FROM unnest(%s::uuid[]) AS given (id) CROSS JOIN LATERAL (
        SELECT count(*) AS purchases, sum(quantity) AS units, sum(amount_fen) AS spent, min(bought_at) AS first, max(bought_at) AS last
          FROM members_purchase WHERE member_id = given.id) AS p)
UPDATE members_member AS m SET purchases = s.purchases, units = s.units, spent_fen = s.spent, first_at = s.first, last_at = s.last
  FROM s WHERE s.id = m.id AND s.purchases > 0
"""
"""Each member by the index of their purchases: any other way the planner may choose reads all of them, again and again, while the tables are new."""


def _sum_up(member_ids: Sequence[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SUM_UP, [list(member_ids)])


def _note_consents(bought: Iterable[Bought], members: Mapping[str, Member], now: datetime) -> None:
    """A file's consent column never overturns a refusal: who refused stays refused until they say otherwise themselves."""
    said = {members[one.customer].pk: one.consent for one in bought if one.consent is not None}
    given = [member for member, is_given in said.items() if is_given]
    refused = [member for member, is_given in said.items() if not is_given]
    Member.objects.filter(pk__in=given, consent="unasked").update(consent="given", consent_source="import", consent_at=now)
    Member.objects.filter(pk__in=refused).exclude(consent="refused").update(consent="refused", consent_source="import", consent_at=now)


SCORE_SQL = """
UPDATE members_member AS m SET recency = s.r, frequency = s.f, monetary = s.m, scored_at = %(now)s,
       segment = CASE
           WHEN s.r >= 4 AND s.f >= 4 AND s.m >= 4 THEN 'high_value'
           WHEN s.r <= 2 AND s.f <= 2 AND s.m = 3 THEN 'sleeping'
           WHEN s.r <= 2 AND s.m >= 4 THEN 'slipping'
           WHEN s.r > 2 AND s.f >= 4 THEN 'loyal'
           WHEN s.r >= 4 AND s.f <= 2 THEN 'newcomer'
           WHEN s.r <= 2 AND s.f < 4 AND s.m <= 2 THEN 'gone'
           ELSE 'steady' END
  FROM (SELECT id, 1 + 5 * (rank() OVER (ORDER BY date_trunc('day', last_at AT TIME ZONE 'Asia/Shanghai')) - 1) / count(*) OVER () AS r,
                   1 + 5 * (rank() OVER (ORDER BY purchases) - 1) / count(*) OVER () AS f,
                   1 + 5 * (rank() OVER (ORDER BY spent_fen) - 1) / count(*) OVER () AS m
          FROM members_member WHERE shop_id = %(shop)s AND purchases > 0) AS s
 WHERE s.id = m.id
"""
"""`rules.quintiles` and `rules.segment_of` over a whole shop in one statement; a test proves that they agree."""


@transaction.atomic
def score(*, actor: Actor, shop_id: UUID, now: datetime) -> int:
    """
    This function will score a shop's members and name their segments, and give how many.

    Recency counts whole Shanghai days, so people who bought on one day score alike.   Raises: Forbidden.   Source: MEM-1.
    """
    access.require(actor, SCORE, shop_id=shop_id)
    with connection.cursor() as cursor:
        # while nothing is known of a new table the planner takes the ranking for one row and ranks everybody anew for each member
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(SCORE_SQL, {"shop": shop_id, "now": now})
        count = cursor.rowcount
        cursor.execute("SET LOCAL enable_nestloop = on")
    audit.record(actor, SCORE, subject=f"shop:{shop_id}", now=now, shop_id=shop_id, details={"members": count})
    return count


@transaction.atomic
def record_consent(*, actor: Actor, member_id: UUID, is_given: bool, source: str, now: datetime) -> None:
    """
    This function will note that a member allowed or refused marketing messages, with where they said so.

    Raises: Forbidden, MemberUnknown.   Source: MEM-3; PIPL art. 14, 15.
    """
    member = queries.member_for(actor, member_id)
    access.require(actor, CONSENT, shop_id=member.shop_id)
    consent = Member.Consent.GIVEN if is_given else Member.Consent.REFUSED
    Member.objects.filter(pk=member_id).update(consent=consent, consent_source=source[:80], consent_at=now)
    audit.record(
        actor, CONSENT, subject=f"member:{member_id}", now=now, shop_id=member.shop_id, details={"consent": consent.value, "source": source[:80]}
    )


@transaction.atomic
def change_offer(*, actor: Actor, shop_id: UUID, segment: str, words: str, coupon_fen: int, minimum_fen: int, now: datetime) -> SegmentOffer:
    """
    This function will set what everybody in a segment is given; there is no coupon for one person.

    Raises: Forbidden, SegmentUnknown, CouponAboveMinimum.   Source: MEM-3; PIPL art. 24.
    """
    access.require(actor, OFFER, shop_id=shop_id)
    shop_for(actor, shop_id)
    if segment not in rules.WORDS:
        raise SegmentUnknown(segment=segment)
    if coupon_fen > minimum_fen:
        raise CouponAboveMinimum
    offer, _made = SegmentOffer.objects.update_or_create(
        shop_id=shop_id, segment=segment,
        defaults={"words": words, "coupon_fen": coupon_fen, "minimum_fen": minimum_fen, "changed_by": actor.name, "changed_at": now},
    )
    audit.record(
        actor, OFFER, subject=f"segment:{segment}", now=now, shop_id=shop_id, details={"coupon_fen": coupon_fen, "minimum_fen": minimum_fen, "words": words}
    )
    return offer


@dataclass(frozen=True, slots=True)
class Reached:
    """A contact list with the people on it: (masked label, the customer number unsealed)."""

    contact_list: ContactList
    people: tuple[tuple[str, str], ...]


@transaction.atomic
def take_contact_list(*, actor: Actor, shop_id: UUID, segment: str, reason: str, now: datetime) -> Reached:
    """
    This function will take out whom of a segment may be contacted now, each with the segment's one offer, and count the touch.

    Who refused, never agreed, or was reached too often in 30 days is left out and counted by reason.
    Raises: Forbidden, SegmentUnknown, ContactReasonMissing, NobodyToContact.   Source: MEM-3; PIPL art. 24, 51, 55; 消法 art. 29.
    """
    access.require(actor, CONTACT, shop_id=shop_id)
    shop_for(actor, shop_id)
    if segment not in rules.WORDS:
        raise SegmentUnknown(segment=segment)
    if not reason.strip():
        raise ContactReasonMissing
    with connection.cursor() as cursor:  # one list of a shop at a time, or two could each see the last free touch
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [CONTACT_LOCK, str(shop_id)])
    allowed, left_out = _allowed(shop_id, segment, now)
    people = [(one, words) for one in allowed if (words := _customer(one)) is not None]
    if erased := len(allowed) - len(people):
        left_out[LeftOut.ERASED.value] = erased
    if not people:
        why = "；".join(f"{rules.LEFT_OUT_WORDS[key]} {count}" for key, count in left_out.items())
        raise NobodyToContact(why=why or "0", why_en=", ".join(f"{key} {count}" for key, count in left_out.items()) or "0")
    offer = queries.offer_of(shop_id, segment)
    made = ContactList.objects.create(
        shop_id=shop_id, segment=segment, reason=reason.strip()[:300], offer_words=offer.words if offer else "", coupon_fen=offer.coupon_fen if offer else 0,
        minimum_fen=offer.minimum_fen if offer else 0, taken_by=actor.name, taken_at=now, reached=len(people), left_out=left_out,
    )  # fmt: skip
    Touch.objects.bulk_create([Touch(member=one, contact_list=made, at=now) for one, _words in people], batch_size=5_000)
    audit.record(
        actor, CONTACT, subject=f"contact-list:{made.pk}", now=now, shop_id=shop_id, reason=reason.strip(),
        details={"segment": segment, "people": len(people), "left_out": left_out},
    )  # fmt: skip
    return Reached(made, tuple((one.label, words) for one, words in people))


def _allowed(shop_id: UUID, segment: str, now: datetime) -> tuple[list[Member], dict[str, int]]:
    most = thresholds.value(queries.CAP, shop_id=shop_id)
    since = now - queries.CAP_WINDOW
    members = Member.objects.filter(shop=shop_id, segment=segment, purchases__gt=0).annotate(recent=Count("touches", filter=Q(touches__at__gt=since)))
    allowed, left_out = [], dict[str, int]()
    for one in members.order_by("-spent_fen", "pk"):
        why = rules.why_left_out(one.consent, one.recent, most_touches=most)
        if why is None:
            allowed.append(one)
        else:
            left_out[why.value] = left_out.get(why.value, 0) + 1
    return allowed, left_out


def _customer(member: Member) -> str | None:
    """The customer number, or None where the person was erased since. Shown to nobody here: the caller's file is recorded."""
    if member.sealed is None:
        return None
    try:
        fields = vault.reveal_for_machine(member.subject_id, member.sealed)
        return fields.get("customer") or fields.get("phone") or None
    except PersonErased:
        return None


OWN_ORDERS = """
SELECT o.shop_id, o.platform, o.buyer_subject_id, o.receiver_masked, o.receiver_sealed, 'order:' || o.platform || ':' || o.order_no,
       o.paid_at, o.amount_fen, o.units
  FROM orders_order o
 WHERE o.buyer_subject_id IS NOT NULL AND o.paid_at IS NOT NULL AND NOT o.is_test AND o.state NOT IN ('cancelled', 'closed')
   AND NOT EXISTS (SELECT 1 FROM members_purchase p JOIN members_member m ON m.id = p.member_id
                    WHERE m.shop_id = o.shop_id AND m.subject_id = o.buyer_subject_id AND p.reference = 'order:' || o.platform || ':' || o.order_no)
 ORDER BY o.paid_at LIMIT %s
"""
GONE_ORDERS = """
DELETE FROM members_purchase p USING members_member m, orders_order o
 WHERE m.id = p.member_id AND o.shop_id = m.shop_id AND o.buyer_subject_id = m.subject_id AND o.state IN ('cancelled', 'closed')
   AND p.reference = 'order:' || o.platform || ':' || o.order_no
RETURNING p.member_id
"""
MOST_ORDERS = 5_000


@transaction.atomic
def take_own_orders(*, now: datetime) -> set[UUID]:
    """
    This function will count paid orders of known buyers as purchases, drop cancelled ones, and give the shops that changed.

    Buyers are known by their vault subject; nothing personal is opened.   Source: MEM-1.
    """
    with connection.cursor() as cursor:
        cursor.execute(OWN_ORDERS, [MOST_ORDERS])
        rows = cursor.fetchall()
        cursor.execute(GONE_ORDERS)
        lost = {member for (member,) in cursor.fetchall()}
    wanted = {(shop, subject): (platform, masked, sealed) for shop, platform, subject, masked, sealed, *_rest in rows}
    Member.objects.bulk_create(
        [
            Member(shop_id=shop, subject_id=subject, platform=platform, label=masked[:60] or "***", sealed=sealed, created_at=now)
            for (shop, subject), (platform, masked, sealed) in wanted.items()
        ],
        ignore_conflicts=True,
    )
    members = {(one.shop_id, one.subject_id): one.pk for one in Member.objects.filter(subject_id__in={subject for _shop, subject in wanted})}
    Purchase.objects.bulk_create(
        [
            Purchase(member_id=members[shop, subject], reference=reference, bought_at=paid_at, amount_fen=amount, quantity=max(1, units))
            for shop, _platform, subject, _masked, _sealed, reference, paid_at, amount, units in rows
        ],
        ignore_conflicts=True,
    )
    touched = lost | {members[key] for key in wanted}
    Member.objects.filter(pk__in=lost).update(purchases=0, units=0, spent_fen=0, segment="", recency=None, frequency=None, monetary=None)
    _sum_up(sorted(touched))
    return set(Member.objects.filter(pk__in=touched).values_list("shop", flat=True))
