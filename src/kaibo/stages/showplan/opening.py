"""
The go/no-go gate 开播闸门: everything that must be true before a session may start, with why, source and what to press.

One call for many sessions with a constant number of queries.   Source: SHW-10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.kit.money import yuan_text
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access.access import ROLE_TITLES
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Finding
from kaibo.stages.compliance.pricing import PriceLimits
from kaibo.stages.showplan import neighbours, queries
from kaibo.stages.showplan.models import EquipmentCheck, Rehearsal, Session, SessionOverride
from kaibo.stages.showplan.queries import DutyRow, SegmentRow
from kaibo.stages.showplan.rules import (
    DutyRole,
    EquipmentKind,
    PriceConcern,
    deviation_bp,
    price_concerns,
    shortages,
    staffing_gaps,
)
from kaibo.stages.showplan.words import equipment_title

STAFFING_THRESHOLDS = ("showplan.hosts_least", "showplan.hosts_most", "showplan.operators_least")


@dataclass(frozen=True, slots=True)
class GateFinding:
    """One finding of the gate. `fingerprint` holds the facts it rests on; an override covers exactly these."""

    key: str
    area: str
    fingerprint: str
    finding: Finding
    product_id: UUID | None = None
    override: SessionOverride | None = None

    @property
    def is_let_through(self) -> bool:
        return self.finding.state == "red" and self.override is not None and self.override.confirmed_at is not None

    @property
    def blocks(self) -> bool:
        return self.finding.state == "red" and not self.is_let_through

    @property
    def is_asked(self) -> bool:
        return self.override is not None and self.override.confirmed_at is None


@dataclass(frozen=True, slots=True)
class Opening:
    """The verdict on one session."""

    findings: tuple[GateFinding, ...]

    @property
    def blocking(self) -> tuple[GateFinding, ...]:
        return tuple(one for one in self.findings if one.blocks)

    @property
    def warnings(self) -> tuple[GateFinding, ...]:
        return tuple(one for one in self.findings if one.finding.state == "run")

    @property
    def let_through(self) -> tuple[GateFinding, ...]:
        return tuple(one for one in self.findings if one.is_let_through)

    @property
    def is_open(self) -> bool:
        return not self.blocking

    def of_product(self, product_id: UUID) -> tuple[GateFinding, ...]:
        return tuple(one for one in self.findings if one.product_id == product_id)


def opening_of(session: Session, now: datetime) -> Opening:
    """This function will judge one session."""
    return openings([session], now)[session.pk]


def openings(sessions: Sequence[Session], now: datetime) -> dict[UUID, Opening]:
    """This function will judge several sessions at once.   Source: SHW-10."""
    ids = [session.pk for session in sessions]
    rundowns = queries.rundowns(sessions)
    duties, checks, rehearsals = queries.duties_of(ids), queries.checks_of(ids), queries.rehearsals_of(ids)
    overrides = queries.overrides_of(ids)
    limits = thresholds.values(*STAFFING_THRESHOLDS, "showplan.price_deviation_bp", "listing.price_floor_bp")
    goods = _goods_findings(sessions, rundowns, PriceLimits(limits["listing.price_floor_bp"], limits["showplan.price_deviation_bp"]), now)
    judged = {}
    for session in sessions:
        found = [
            _staffing(session, duties.get(session.pk, []), limits),
            _equipment(session, checks.get(session.pk, {})),
            _rehearsal(session, rehearsals.get(session.pk, [])),
            *goods[session.pk],
        ]
        judged[session.pk] = Opening(tuple(_with_override(one, overrides.get(session.pk, [])) for one in found))
    return judged


def _with_override(found: GateFinding, overrides: Sequence[SessionOverride]) -> GateFinding:
    covering = next((one for one in overrides if one.finding_key == found.key and one.fingerprint == found.fingerprint), None)
    if covering is None or found.finding.state != "red":
        return found
    return GateFinding(found.key, found.area, found.fingerprint, found.finding, found.product_id, covering)


def _page(session: Session, anchor: str) -> str:
    return f"{reverse('showplan:session', args=[session.pk])}#{anchor}"


def _staffing(session: Session, duties: Sequence[DutyRow], limits: Mapping[str, int]) -> GateFinding:
    counts: dict[DutyRole, int] = {}
    for duty in duties:
        counts[DutyRole(duty.role)] = counts.get(DutyRole(duty.role), 0) + 1
    gaps = staffing_gaps(
        counts, hosts_least=limits["showplan.hosts_least"], hosts_most=limits["showplan.hosts_most"],
        operators_least=limits["showplan.operators_least"],
    )  # fmt: skip
    where = _page(session, "staffing")
    facts = f"hosts={counts.get(DutyRole.HOST, 0)} operators={counts.get(DutyRole.OPERATIONS, 0)}"
    if gaps:
        said = "；".join(_gap_words(gap.role, gap.there, gap.least, gap.most) for gap in gaps)
        return GateFinding("staffing", _("人员"), facts, Finding("red", said, "SHW-4", where, _("安排人员"), where))
    unconfirmed = [duty.name for duty in duties if duty.confirmed_at is None]
    if unconfirmed:
        said = _("还没有本人确认岗位：%(names)s") % {"names": "、".join(unconfirmed)}
        return GateFinding("staffing", _("人员"), facts, Finding("run", said, "SHW-3", where))
    said = _("%(count)s 人到位，岗位都已本人确认") % {"count": len(duties)}
    return GateFinding("staffing", _("人员"), facts, Finding("ok", said, "SHW-3 · SHW-4", where))


def _gap_words(role: DutyRole, there: int, least: int, most: int | None) -> str:
    title = ROLE_TITLES[role.value][int((get_language() or "").startswith("en"))]
    if most is None:
        return _("%(role)s %(there)s 人，至少要 %(least)s 人") % {"role": title, "there": there, "least": least}
    return _("%(role)s %(there)s 人，要 %(least)s 至 %(most)s 人") % {"role": title, "there": there, "least": least, "most": most}


def _equipment(session: Session, checks: Mapping[str, EquipmentCheck]) -> GateFinding:
    where = _page(session, "equipment")
    broken = [kind for kind in EquipmentKind if kind.value in checks and not checks[kind.value].is_fine]
    missing = [kind for kind in EquipmentKind if kind.value not in checks]
    facts = f"broken={','.join(k.value for k in broken)} missing={','.join(k.value for k in missing)}"
    if broken or missing:
        parts = []
        if broken:
            parts.append(_("有问题：%(kinds)s") % {"kinds": "、".join(_broken_words(kind, checks[kind.value]) for kind in broken)})
        if missing:
            parts.append(_("还没检查：%(kinds)s") % {"kinds": "、".join(str(equipment_title(kind)) for kind in missing)})
        return GateFinding("equipment", _("设备"), facts, Finding("red", "；".join(parts), "SHW-5", where, _("检查并签字"), where))
    signers = "、".join(sorted({check.checked_by_name for check in checks.values()}))
    said = _("%(count)s 项都已检查，签字：%(names)s") % {"count": len(checks), "names": signers}
    return GateFinding("equipment", _("设备"), facts, Finding("ok", said, "SHW-5", where))


def _broken_words(kind: EquipmentKind, check: EquipmentCheck) -> str:
    return f"{equipment_title(kind)}（{check.note}）" if check.note else str(equipment_title(kind))


def _rehearsal(session: Session, held: Sequence[Rehearsal]) -> GateFinding:
    where = _page(session, "rehearsal")
    if not held:
        return GateFinding(
            "rehearsal", _("彩排"), "none", Finding("red", _("还没有彩排记录"), "SHW-7", where, _("记录彩排"), where)
        )
    said = _("已彩排 %(count)s 次，最近 %(minutes)s 分钟，记录人 %(name)s") % {
        "count": len(held), "minutes": held[0].minutes, "name": held[0].recorded_by_name,
    }  # fmt: skip
    return GateFinding("rehearsal", _("彩排"), f"held={len(held)}", Finding("ok", said, "SHW-7", where))


def _goods_findings(
    sessions: Sequence[Session], rundowns: Mapping[UUID, Sequence[SegmentRow]], limits: PriceLimits, now: datetime
) -> dict[UUID, list[GateFinding]]:
    """Stock and quality, price, qualifications and words of every product of every session."""
    every = [segment for rows in rundowns.values() for segment in rows if segment.product_id]
    sku_ids = {offer.sku_id for segment in every for offer in segment.offers}
    components = catalog.components_of(sku_ids)
    base = sku_ids | {sku for parts in components.values() for sku, _each in parts}
    levels = stock.levels_of(base)
    allotted = neighbours.allotted_to([session.pk for session in sessions])
    published = neighbours.published_prices(sku_ids)
    compliance = neighbours.compliance_findings({segment.product_id for segment in every if segment.product_id}, now)
    gates = neighbours.quality_gates({segment.product_id for segment in every if segment.product_id})
    codes = {row.id: row.code for row in catalog.sku_rows(base).values()}
    found: dict[UUID, list[GateFinding]] = {}
    for session in sessions:
        segments = [segment for segment in rundowns[session.pk] if segment.product_id]
        if not segments:
            where = _page(session, "rundown")
            empty = Finding("red", _("流程单里还没有商品"), "LIV-1", where, _("加商品"), where)
            found[session.pk] = [GateFinding("rundown", _("流程单"), "empty", empty)]
            continue
        found[session.pk] = [
            *_stock(session, segments, levels, components, allotted.get(session.pk, {}), codes),
            *_quality(session, segments, gates, now),
            *_prices(session, segments, published, limits, now),
            *_compliance(segments, compliance),
        ]
    return found


def _stock(
    session: Session, segments: Sequence[SegmentRow], levels: Mapping[UUID, Mapping[Bucket, int]],
    components: Mapping[UUID, Sequence[tuple[UUID, int]]], allotted: Mapping[UUID, int], codes: Mapping[UUID, str],
) -> list[GateFinding]:  # fmt: skip
    """The units planned of each item, bundles by their components, against what quality released.   Source: SHW-10, SUP-14."""
    wanted: dict[UUID, int] = {}
    product_of: dict[UUID, SegmentRow] = {}
    for segment in segments:
        for offer in segment.offers:
            for sku, each in components.get(offer.sku_id, ((offer.sku_id, 1),)):
                wanted[sku] = wanted.get(sku, 0) + each * offer.quantity
                product_of.setdefault(sku, segment)
    there = {sku: levels[sku].get(Bucket.SELLABLE, 0) + allotted.get(sku, 0) for sku in wanted}
    incoming = {sku: levels[sku].get(Bucket.INCOMING, 0) for sku in wanted}
    found = []
    for short in shortages(wanted, there, incoming):
        segment = product_of[short.sku_id]
        numbers = {
            "title": segment.title, "sku": codes.get(short.sku_id, ""), "wanted": short.wanted, "there": short.there,
            "incoming": short.incoming, "gap": short.wanted - short.there,
        }  # fmt: skip
        facts = f"wanted={short.wanted} there={short.there} incoming={short.incoming}"
        if short.is_unreleased:
            said = _("%(title)s %(sku)s：配额 %(wanted)s 件，可售只有 %(there)s 件，另有 %(incoming)s 件等品控放行") % numbers
            finding = Finding("red", said, "SUP-3 · SHW-10", "/supply/", _("去品控放行"), "/supply/")
            found.append(GateFinding(f"quality:{short.sku_id}", _("品控"), facts, finding, segment.product_id))
        else:
            said = _("%(title)s %(sku)s：配额 %(wanted)s 件，可售只有 %(there)s 件，差 %(gap)s 件") % numbers
            finding = Finding("red", said, "SHW-10 · SUP-14", "/stock/", _("减少配额"), _page(session, f"segment-{segment.id}"))
            found.append(GateFinding(f"stock:{short.sku_id}", _("库存"), facts, finding, segment.product_id))
    if not found:
        said = _("%(count)s 个货号的可售库存都够配额，共 %(units)s 件") % {"count": len(wanted), "units": sum(wanted.values())}
        found.append(GateFinding("stock", _("库存"), "ok", Finding("ok", said, "SHW-10 · SUP-14", "/stock/")))
    return found


def _quality(session: Session, segments: Sequence[SegmentRow], gates: neighbours.quality.Gates, now: datetime) -> list[GateFinding]:
    """What the quality gates have against the products of a session: sample, arrival, spot check.   Source: SUP-4, SHW-10."""
    titles = {segment.product_id: segment.title for segment in segments if segment.product_id}
    found = []
    for product_id, title in titles.items():
        for place, one in enumerate(gates.against(product_id, on_air=session.starts_at, now=now)):
            named = Finding(one.state, f"{title}：{one.reason}", one.source, one.href, one.repair_label, one.repair_href)
            found.append(GateFinding(f"quality-gate:{product_id}:{place}", _("品控"), one.reason[:120], named, product_id))
    return found


def _prices(
    session: Session, segments: Sequence[SegmentRow], published: Mapping[UUID, int], limits: PriceLimits, now: datetime
) -> list[GateFinding]:
    """Planned prices against cost, the margin floor and the published price.   Source: CMP-8, LST-6."""
    found, checked = [], 0
    for segment in segments:
        for offer in segment.offers:
            checked += 1
            reference = published.get(offer.sku_id, offer.list_price_fen)
            concerns = price_concerns(
                offer.price_fen, cost_fen=offer.cost_fen, published_fen=reference, most_deviation_bp=limits.deviation_bp, floor_bp=limits.floor_bp
            )
            if not concerns:
                continue
            slip = neighbours.slip_words(offer.sku_id, session.platform, offer.price_fen, reference, limits, now)
            said = "；".join([*(_concern_words(one, offer, reference) for one in concerns), *([slip] if slip else [])])
            where = _page(session, f"segment-{segment.id}")
            finding = Finding("red", f"{segment.title} {offer.sku_code}：{said}", "CMP-8 · LST-6", where, _("改价格"), where)
            facts = f"price={offer.price_fen} cost={offer.cost_fen} reference={reference}"
            found.append(GateFinding(f"price:{offer.sku_id}", _("价格"), facts, finding, segment.product_id))
    if not found:
        said = _("%(count)s 个直播价都不低于成本，与挂牌价相差不超过 %(most)s%%") % {"count": checked, "most": limits.deviation_bp // 100}
        found.append(GateFinding("price", _("价格"), "ok", Finding("ok", said, "CMP-8 · LST-6", _page(session, "rundown"))))
    return found


def _concern_words(concern: PriceConcern, offer: queries.OfferRow, reference_fen: int) -> str:
    if concern is PriceConcern.BELOW_COST:
        return _("直播价 %(price)s 低于成本 %(cost)s") % {"price": yuan_text(offer.price_fen), "cost": yuan_text(offer.cost_fen)}
    if concern is PriceConcern.BELOW_FLOOR:
        return _("直播价 %(price)s 低于毛利底线（成本 %(cost)s）") % {"price": yuan_text(offer.price_fen), "cost": yuan_text(offer.cost_fen)}
    return _("直播价 %(price)s 与挂牌价 %(reference)s 相差 %(percent)s%%") % {
        "price": yuan_text(offer.price_fen), "reference": yuan_text(reference_fen),
        "percent": deviation_bp(offer.price_fen, reference_fen) // 100,
    }  # fmt: skip


def _compliance(segments: Sequence[SegmentRow], findings: Mapping[UUID, Sequence[Finding]]) -> list[GateFinding]:
    """What compliance says of each product: qualifications and words.   Source: CMP-1, CMP-2."""
    found = []
    titles: dict[UUID, str] = {}
    warned: dict[Finding, list[str]] = {}
    for segment in segments:
        if segment.product_id is None or segment.product_id in titles:
            continue
        titles[segment.product_id] = segment.title
        for place, one in enumerate(findings.get(segment.product_id, ())):
            if one.state == "run":
                warned.setdefault(one, []).append(segment.title)
            elif one.state == "red":
                named = Finding("red", f"{segment.title}：{one.reason}", one.source, one.href, one.repair_label, one.repair_href)
                found.append(GateFinding(f"compliance:{segment.product_id}:{place}", _("合规"), one.reason[:120], named, segment.product_id))
    for place, (one, about) in enumerate(warned.items()):
        whose = about[0] if len(about) == 1 else _("%(first)s 等 %(count)s 个商品") % {"first": about[0], "count": len(about)}
        named = Finding("run", f"{whose}：{one.reason}", one.source, one.href, one.repair_label, one.repair_href)
        found.append(GateFinding(f"compliance:warning:{place}", _("合规"), one.reason[:120], named))
    if not found:
        said = _("%(count)s 个商品的资质与用语没有红灯") % {"count": len(titles)}
        found.append(GateFinding("compliance", _("合规"), "ok", Finding("ok", said, "CMP-1 · CMP-2", "/compliance/")))
    return found
