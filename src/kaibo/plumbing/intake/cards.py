"""What the pages of imports show: typed rows, made from a run and its waiting rows without further queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kaibo.kit.text import clean_cell
from kaibo.plumbing.intake.headers import OtherPlatform, find_header
from kaibo.plumbing.intake.kinds import ImportKind
from kaibo.plumbing.intake.models import ImportRun, QuarantinedRow
from kaibo.plumbing.intake.quarantine import ADDED_COLUMNS

PLATFORM_TITLES = {
    "douyin": _("抖店"), "taobao": _("淘宝/天猫"), "pdd": _("拼多多"), "jd": _("京东"), "kuaishou": _("快手"), "xiaohongshu": _("小红书"),
    "wechat_shop": _("微信小店"), "tiktok_shop": "TikTok Shop", "shopify": "Shopify",
}  # fmt: skip
STATES = {"waiting": "", "running": "note", "unmapped": "warn", "done": "ok", "failed": "bad"}


@dataclass(frozen=True, slots=True)
class CellCard:
    """A cell of a waiting row: what stands there, why it is wrong, what is proposed."""

    index: int
    name: str
    text: str
    reason: str
    proposed: str
    is_personal: bool

    @property
    def filled(self) -> str:
        return self.proposed or self.text


@dataclass(frozen=True, slots=True)
class RowCard:
    """A waiting row: wrong cells first, the others behind, and the reasons that belong to no cell."""

    id: Any
    row_number: int
    title: str
    wrong: tuple[CellCard, ...]
    others: tuple[CellCard, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MappingField:
    """A column a person has to find in the file: the headers it may be, and the one that looks right."""

    key: str
    title: str
    is_missing: bool
    proposed: str
    is_found: bool


def row_cards(run: ImportRun, kind: ImportKind, rows: Iterable[QuarantinedRow]) -> list[RowCard]:
    """This function will give the cards of waiting rows, in their order."""
    personal = {run.columns[column.key] for column in kind.columns if column.personal and column.key in run.columns}
    return [_row_card(run, kind, row, personal) for row in rows]


def _row_card(run: ImportRun, kind: ImportKind, row: QuarantinedRow, personal: set[int]) -> RowCard:
    tongue = "en" if (get_language() or "").startswith("en") else "zh"
    complaints: dict[int, dict[str, str]] = {}
    loose: list[str] = []
    for reason in row.reasons:
        index = run.columns.get(reason["column"])
        if index is None:
            loose.append(reason[tongue])
        else:
            complaints[index] = reason
    cells = [
        CellCard(
            index=index,
            name=name,
            text=row.cells[index] if index < len(row.cells) else "",
            reason=complaints.get(index, {}).get(tongue, ""),
            proposed=complaints.get(index, {}).get("proposed", ""),
            is_personal=index in personal,
        )
        for index, name in enumerate(run.header)
        if name and name not in ADDED_COLUMNS
    ]
    key = [run.columns[part] for part in kind.row_key if part in run.columns]
    title = next((said for index in key if index < len(row.cells) and (said := clean_cell(row.cells[index]))), "")
    return RowCard(
        row.pk,
        row.row_number,
        title,
        tuple(cell for cell in cells if cell.reason),
        tuple(cell for cell in cells if not cell.reason),
        tuple(loose),
    )


@dataclass(frozen=True, slots=True)
class OtherChoice:
    """Whose export a file looks like, and whose it was said to be; `said` is empty where this kind takes none of that platform."""

    said: str
    said_title: str
    chosen: str
    chosen_title: str


def other_platform(run: ImportRun, kind: ImportKind) -> OtherChoice | None:
    """This function will give what a person can choose between where the file looks like another platform's."""
    error = run.error or {}
    if error.get("code") != OtherPlatform.code:
        return None
    said = error.get("details", {}).get("platform", "")
    return OtherChoice(
        said if said in kind.platforms else "", str(PLATFORM_TITLES.get(said, said)), run.platform, str(PLATFORM_TITLES.get(run.platform, run.platform))
    )


def unused_headers(run: ImportRun) -> list[str]:
    """This function will list the columns of the file that were not read."""
    used = set(run.columns.values())
    return [name for index, name in enumerate(run.header) if name and index not in used and name not in ADDED_COLUMNS]


def mapping_fields(run: ImportRun, kind: ImportKind) -> list[MappingField]:
    """This function will give the columns of a kind to be found by a person: missing ones first, then those not found that may be missing."""
    details = (run.error or {}).get("details", {})
    missing = set(details.get("missing_keys", ()))
    nearest = details.get("nearest", {})
    header = find_header(kind, [(1, details.get("headers", []))], {})
    found = header.columns if header else {}
    fields = [
        MappingField(column.key, column.title, column.key in missing, nearest.get(column.key, ""), column.key in found)
        for column in kind.columns
    ]
    return sorted(fields, key=lambda field: (not field.is_missing, field.is_found))
