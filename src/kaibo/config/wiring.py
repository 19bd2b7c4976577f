"""The composition root: every stage's manifest, every reaction to a fact, every clock, on one page."""

from __future__ import annotations

from collections.abc import Mapping

from kaibo.console.manifest import MANIFEST as CONSOLE
from kaibo.facts.fact import Fact
from kaibo.facts.flow import CaseClosed, CasesHinted, IncidentClosed, OrderShipped, SessionEnded
from kaibo.master.catalog.manifest import MANIFEST as CATALOG
from kaibo.master.launches.manifest import MANIFEST as LAUNCHES
from kaibo.master.people.manifest import MANIFEST as PEOPLE
from kaibo.master.shops.manifest import MANIFEST as SHOPS
from kaibo.master.stock import services as stock
from kaibo.master.stock.manifest import MANIFEST as STOCK
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake import jobs as intake_jobs
from kaibo.plumbing.intake.manifest import MANIFEST as INTAKE
from kaibo.plumbing.robots import robots
from kaibo.plumbing.robots.manifest import MANIFEST as ROBOTS
from kaibo.plumbing.tables.manifest import MANIFEST as TABLES
from kaibo.plumbing.wiring import Clock, Handler, Stage, Wiring
from kaibo.stages import FLOW
from kaibo.stages.aftersales import case_gaps, case_pulling
from kaibo.stages.aftersales import refunds as aftersales_refunds
from kaibo.stages.aftersales.handlers import note_replacement_sent, read_hinted_cases
from kaibo.stages.aftersales.stage import STAGE as AFTERSALES
from kaibo.stages.analytics import jobs as analytics_jobs
from kaibo.stages.analytics.handlers import count_ended_session
from kaibo.stages.analytics.stage import STAGE as ANALYTICS
from kaibo.stages.compliance import jobs as compliance_jobs
from kaibo.stages.compliance.stage import STAGE as COMPLIANCE
from kaibo.stages.listing.stage import STAGE as LISTING
from kaibo.stages.live.services import draws as live_draws
from kaibo.stages.live.services import items as live_items
from kaibo.stages.live.services import labelling as live_labelling
from kaibo.stages.live.services import polls as live_polls
from kaibo.stages.live.services import sampling as live_sampling
from kaibo.stages.live.services import talk as live_talk
from kaibo.stages.live.services import upkeep as live_upkeep
from kaibo.stages.live.stage import STAGE as LIVE
from kaibo.stages.members import jobs as members_jobs
from kaibo.stages.members.stage import STAGE as MEMBERS
from kaibo.stages.orders import (
    courier_pauses,
    dispatching,
    following,
    gaps,
    publishing,
    pulling,
    reconciling,
    refunding,
    relay,
    shipping,
    tracking,
    waiting,
)
from kaibo.stages.orders.stage import STAGE as ORDERS
from kaibo.stages.risk import jobs as risk_jobs
from kaibo.stages.risk import reports as risk_reports
from kaibo.stages.risk.handlers import keep_incident_tasks
from kaibo.stages.risk.stage import STAGE as RISK
from kaibo.stages.selection import jobs as selection_jobs
from kaibo.stages.selection import matching_services as selection_matching
from kaibo.stages.selection.handlers import note_case
from kaibo.stages.selection.stage import STAGE as SELECTION
from kaibo.stages.showplan.stage import STAGE as SHOWPLAN
from kaibo.stages.supply import launch_plans as supply_launches
from kaibo.stages.supply import locks as supply_locks
from kaibo.stages.supply import presales as supply_presales
from kaibo.stages.supply import recalls as supply_recalls
from kaibo.stages.supply import replenishing as supply_replenishing
from kaibo.stages.supply import safety_line as supply_safety_line
from kaibo.stages.supply import services as supply
from kaibo.stages.supply import supplier_book
from kaibo.stages.supply.stage import STAGE as SUPPLY
from kaibo.stages.warmup.stage import STAGE as WARMUP

STAGES: tuple[Stage, ...] = (
    SELECTION, SUPPLY, COMPLIANCE, LISTING, SHOWPLAN, WARMUP, LIVE, ORDERS, AFTERSALES, ANALYTICS, MEMBERS, RISK,
)  # fmt: skip
SHARED: tuple[Stage, ...] = (LAUNCHES, CATALOG, STOCK, PEOPLE, SHOPS, INTAKE, TABLES, ROBOTS, CONSOLE)

REACTIONS: Mapping[type[Fact], tuple[Handler, ...]] = {
    CaseClosed: (note_case,),
    CasesHinted: (read_hinted_cases,),
    OrderShipped: (note_replacement_sent,),
    SessionEnded: (count_ended_session,),
    IncidentClosed: (keep_incident_tasks,),
}
"""Which stage reacts to which fact: the only place where the flow runs backwards (DESIGN §3)."""

MINUTE, HOUR, DAY = 60, 3600, 86400
CLOCKS: tuple[Clock, ...] = (
    Clock("claims-relay", 1, relay.settle_claims),
    Clock("claims-follow", 1, following.follow_claims),
    Clock("orders-expiry", 10, following.expire_unpaid),
    Clock("orders-refunds", 5, refunding.give_back_due),
    Clock("orders-bills", HOUR, reconciling.fetch_bills),
    Clock("orders-pull", 20, pulling.pull_due),
    Clock("orders-gaps", 10 * MINUTE, gaps.report_due),
    Clock("aftersales-pull", 20, case_pulling.pull_due),
    Clock("aftersales-gaps", 10 * MINUTE, case_gaps.report_due),
    Clock("orders-allocate", 2, shipping.allocate_released),
    Clock("orders-short", 20, shipping.try_short_again),
    Clock("orders-waiting", 10, waiting.let_go_on),
    Clock("orders-dispatch", 11, dispatching.work_due),
    Clock("orders-channel-stock", 15, publishing.publish_due),
    Clock("orders-courier-pauses", 10 * MINUTE, courier_pauses.end_due),
    Clock("orders-tracking", 30, tracking.follow_due),
    Clock("orders-late-notices", 5 * MINUTE, tracking.tell_late),
    Clock("robots", 12, robots.send_due),
    Clock("aftersales-refunds", 10, aftersales_refunds.settle_paid_back),
    Clock("live-figures", 10, live_sampling.sample_figures),
    Clock("live-entries", 20, live_sampling.count_entries),
    Clock("room-tallies", 30, live_upkeep.fold_tallies),
    Clock("room-upkeep", 10 * MINUTE, live_upkeep.clear_room),
    Clock("live-draws", 1, live_draws.advance_draws),
    Clock("live-flash-sales", 1, live_items.close_due_flash_sales),
    Clock("live-labels", 5, live_labelling.refresh_labels),
    Clock("live-polls", 1, live_polls.close_due_polls),
    Clock("live-chat-forgetting", HOUR, live_talk.forget_old_messages),
    Clock("imports", 30, intake_jobs.resume_stalled),
    Clock("audit-seal", 5, audit.seal),
    Clock("stock-expiry", 10, lambda now: stock.release_expired(actor=KAIBO, now=now)),
    Clock("selection-matching", DAY, selection_matching.mine_all),
    Clock("supply-waiting", 5, supply_presales.serve_waiting),
    Clock("supply-presale", 10 * MINUTE, supply_presales.tell_breaking),
    Clock("supply-lines", MINUTE, supply_safety_line.watch_lines),
    Clock("supply-recalls", 10, supply_recalls.hold_what_came_back),
    Clock("supply-locks", 30, supply_locks.end_expired),
    Clock("supply-rolling", 10 * MINUTE, supply_replenishing.review_due),
    Clock("supply-launches", 10 * MINUTE, supply_launches.review_due),
    Clock("supply-switches", HOUR, supplier_book.propose_switches),
    Clock("supply-safety", DAY, supply.recompute_all),
    Clock("selection-briefs", HOUR, selection_jobs.make_briefs),
    Clock("compliance-expiry", HOUR, compliance_jobs.remind_expiring),
    Clock("compliance-words", MINUTE, compliance_jobs.read_again),
    Clock("analytics-sessions", MINUTE, analytics_jobs.count_sessions),
    Clock("analytics-lake", 5 * MINUTE, analytics_jobs.seal_lake),
    Clock("members-rfm", 10 * MINUTE, members_jobs.refresh),
    Clock("risk-overdue", 30, risk_jobs.tell_overdue),
    Clock("risk-room-reports", 10, risk_reports.take_room_reports),
)
"""Timed work of the work process."""

WIRING = Wiring(stages=STAGES, shared=SHARED, reactions=REACTIONS, clocks=CLOCKS, flow=FLOW)
