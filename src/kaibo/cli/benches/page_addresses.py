"""Every address that can be read: taken from the addresses themselves, each part that changes filled with the fullest of its kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

SAMPLES = {
    "aftersales:case_id": "SELECT case_id FROM aftersales_caseentry GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "market_id": "SELECT market_id FROM selection_review GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "candidate_id": "SELECT candidate_id FROM selection_priceanswer GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "sku_id": "SELECT sku_id FROM orders_orderline WHERE sku_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "product_id": "SELECT s.product_id FROM orders_orderline l JOIN catalog_sku s ON s.id = l.sku_id GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "member_id": "SELECT member_id FROM members_purchase GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "supplier_id": "SELECT supplier_id FROM supply_purchase GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "lot_id": "SELECT lot_id FROM stock_line WHERE lot_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "order_id": "SELECT order_id FROM orders_shipment GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "session_id": "SELECT session_id FROM live_deskaction GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "launch_id": "SELECT launch_id FROM launches_launchstage GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "listing_id": "SELECT listing_id FROM listing_trial ORDER BY started_at DESC LIMIT 1",
    "run_id": "SELECT run_id FROM intake_quarantinedrow GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "inspection_id": "SELECT inspection_id FROM supply_inspectionresult GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "count_id": "SELECT count_id FROM supply_stockcountline GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "supply:return-check": "SELECT id FROM supply_inspection WHERE gate = 'return' LIMIT 1",
    "compliance:line": "SELECT line FROM compliance_matrixrow ORDER BY added_at DESC LIMIT 1",
    "selection:theme": "SELECT theme FROM selection_reviewtheme GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "selection:name": "SELECT aspect FROM selection_reviewopinion WHERE aspect <> '' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "plan_id": "SELECT id FROM live_drawplan LIMIT 1",
    "draw_id": "SELECT id FROM live_drawplan LIMIT 1",
    "incident_id": "SELECT incident_id FROM live_incidentstep GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "playbook_id": "SELECT id FROM live_playbook LIMIT 1",
    "live:item_id": "SELECT segment_id FROM showplan_offer LIMIT 1",
    "orders:item_id": "SELECT id FROM stock_channelitem LIMIT 1",
    "selection:trial_id": "SELECT id FROM selection_trial LIMIT 1",
    "listing:trial_id": "SELECT trial_id FROM listing_trialchange LIMIT 1",
    "listing:test_id": "SELECT test_id FROM listing_abfigures GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "orders:report_id": "SELECT id FROM orders_gapreport LIMIT 1",
    "aftersales:report_id": "SELECT id FROM aftersales_casegapreport LIMIT 1",
    "platform": "SELECT 'douyin'",
    "code": "SELECT code FROM catalog_sku ORDER BY id LIMIT 1",
    "gate": "SELECT 'arrival'",
    "kind": "SELECT 'pdf'",
    "form": "SELECT 'docx'",
    "segment": "SELECT segment FROM members_member WHERE segment <> '' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    "measure": "SELECT 'viewers'",
    "what": "SELECT 'items'",
    "screening_id": "SELECT id FROM compliance_screenedtext ORDER BY screened_at DESC LIMIT 1",
    "shape": "SELECT 'svg'",
    "media_id": "SELECT id FROM media_mediafile LIMIT 1",
}
"""How the fullest of each kind is found: by `stage:address`, `stage:part` or `part`; what is not named is the newest row of the model of that name."""
LEFT_OUT = ("sign-in", "sign-out", "stock_file", "push", "track-push", "follow", "openapi", "desk-stream")
"""What is no page of a person signed in, or never ends."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One address of the console as it is written down: its stage, its name, its text with `{}` for parts, and those parts."""

    stage: str
    name: str
    text: str
    parts: tuple[str, ...]


def patterns() -> Iterator[Pattern]:
    """This function will go through all addresses of the console and of the JSON API."""
    from django.urls import get_resolver

    yield from _under(get_resolver().url_patterns, "", "")


def _under(entries: Any, before: str, stage: str) -> Iterator[Pattern]:
    for entry in entries:
        text = before + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from _under(entry.url_patterns, text, entry.namespace or stage)
        else:
            found = re.findall(r"<(?:\w+:)?(\w+)>", text)
            yield Pattern(stage, entry.name or "", "/" + re.sub(r"<[^>]+>", "{}", text), tuple(found))


def addresses(sample: Callable[[str, str, str], str]) -> Iterator[tuple[str, str]]:
    """This function will give (name, address) of every pattern whose parts have a sample."""
    seen = set()
    for one in patterns():
        if one.name in LEFT_OUT or any(one.text.endswith(f"/{left}") for left in LEFT_OUT):
            continue
        stage = one.text.split("/")[3] if one.stage == "api" else one.stage
        values = [sample(stage, one.name, part) for part in one.parts]
        address = one.text.format(*values)
        if all(values) and address not in seen:
            seen.add(address)
            yield f"{one.stage}:{one.name}", address


def sampler(cursor: Any) -> Callable[[str, str, str], str]:
    """This function will give what finds a value for a part of an address, each asked for once."""
    from django.apps import apps

    kept: dict[tuple[str, str, str], str] = {}

    def newest(stage: str, part: str) -> str:
        name = part.removesuffix("_id")
        for model in sorted(apps.get_models(), key=lambda one: one._meta.app_label != stage):
            if part.endswith("_id") and model._meta.model_name == name:
                return f'SELECT "{model._meta.pk.column}" FROM "{model._meta.db_table}" ORDER BY 1 DESC LIMIT 1'
        for model in apps.get_models():
            if model._meta.app_label == stage and part.endswith("_id") and str(model._meta.model_name).endswith(name):
                return f'SELECT "{model._meta.pk.column}" FROM "{model._meta.db_table}" ORDER BY 1 DESC LIMIT 1'
        return "SELECT ''"

    def sample(stage: str, name: str, part: str) -> str:
        key = (stage, name, part)
        if key not in kept:
            asked = next((SAMPLES[one] for one in (f"{stage}:{name}", f"{stage}:{part}", part) if one in SAMPLES), None) or newest(stage, part)
            cursor.execute(asked)
            row = cursor.fetchone()
            kept[key] = str(row[0]) if row else ""
        return kept[key]

    return sample
