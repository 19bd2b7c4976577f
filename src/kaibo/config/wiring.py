"""The composition root: every stage's manifest, every reaction to a fact, every clock, on one page."""

from __future__ import annotations

from collections.abc import Mapping

from kaibo.console.manifest import MANIFEST as CONSOLE
from kaibo.facts.fact import Fact
from kaibo.master.catalog.manifest import MANIFEST as CATALOG
from kaibo.master.launches.manifest import MANIFEST as LAUNCHES
from kaibo.master.people.manifest import MANIFEST as PEOPLE
from kaibo.master.shops.manifest import MANIFEST as SHOPS
from kaibo.master.stock.manifest import MANIFEST as STOCK
from kaibo.master.stock import services as stock
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake.manifest import MANIFEST as INTAKE
from kaibo.plumbing.tables.manifest import MANIFEST as TABLES
from kaibo.plumbing.wiring import Clock, Handler, Stage, Wiring
from kaibo.stages import FLOW
from kaibo.stages.aftersales.stage import STAGE as AFTERSALES
from kaibo.stages.analytics.stage import STAGE as ANALYTICS
from kaibo.stages.compliance.stage import STAGE as COMPLIANCE
from kaibo.stages.listing.stage import STAGE as LISTING
from kaibo.stages.live.stage import STAGE as LIVE
from kaibo.stages.members.stage import STAGE as MEMBERS
from kaibo.stages.orders.stage import STAGE as ORDERS
from kaibo.stages.risk.stage import STAGE as RISK
from kaibo.stages.selection.stage import STAGE as SELECTION
from kaibo.stages.showplan.stage import STAGE as SHOWPLAN
from kaibo.stages.supply.stage import STAGE as SUPPLY
from kaibo.stages.warmup.stage import STAGE as WARMUP

STAGES: tuple[Stage, ...] = (
    SELECTION, SUPPLY, COMPLIANCE, LISTING, SHOWPLAN, WARMUP, LIVE, ORDERS, AFTERSALES, ANALYTICS, MEMBERS, RISK,
)
SHARED: tuple[Stage, ...] = (LAUNCHES, CATALOG, STOCK, PEOPLE, SHOPS, INTAKE, TABLES, CONSOLE)

REACTIONS: Mapping[type[Fact], tuple[Handler, ...]] = {}
"""Which stage reacts to which fact: the only place where the flow runs backwards (DESIGN §3)."""

CLOCKS: tuple[Clock, ...] = (
    Clock("audit-seal", 5, audit.seal),
    Clock("stock-expiry", 10, lambda now: stock.release_expired(actor=KAIBO, now=now)),
)
"""Timed work of the work process."""

WIRING = Wiring(stages=STAGES, shared=SHARED, reactions=REACTIONS, clocks=CLOCKS, flow=FLOW)
