"""Rows of our own in the qualification matrix: added, changed and ended, every version kept.   Source: CMP-1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from kaibo.kit.errors import Conflict, Invalid, NotFound
from kaibo.kit.ids import new_id
from kaibo.master.catalog.models import Category
from kaibo.master.shops.models import Platform
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.compliance.models import MatrixRow
from kaibo.stages.compliance.permissions import MATRIX
from kaibo.stages.compliance.rules import Matrix, Rule, merged, packaged_matrix

GRADES = ("must", "should", "none")


class MatrixRowUnusable(Invalid):
    code = "compliance.matrix_row_unusable"
    message_zh = "这一行用不了：{why}"
    message_en = "The row cannot be used: {why}"


class MatrixRowUnknown(NotFound):
    code = "compliance.matrix_row_unknown"
    message_zh = "没有这一行，或已停用"
    message_en = "There is no such row, or it was ended"


class MatrixRowMoved(Conflict):
    code = "compliance.matrix_row_moved"
    message_zh = "别人刚改过这一行，请刷新后再改"
    message_en = "Somebody has just changed this row; reload"


@dataclass(frozen=True, slots=True)
class RowDraft:
    """A row as somebody wants it. `replaces` is the key of the packaged row it stands in for."""

    platform: str
    shop_type: str
    category: str
    documents: tuple[str, ...]
    grade: str
    source: str
    in_force_from: date
    replaces: str = ""


def rows_in_force() -> QuerySet[MatrixRow]:
    """This function will give our own rows that were not ended."""
    return MatrixRow.objects.filter(ended_at=None).order_by("platform", "shop_type", "category", "id")


def _standing(*, today: Any) -> QuerySet[MatrixRow]:
    return rows_in_force().filter(in_force_from__lte=today)


def matrix_on(today: date) -> Matrix:
    """This function will give the matrix as it holds on a day: packaged rows and our own; one query.   Source: CMP-1."""
    own = prepared.rows(_standing, today=today)
    if not own:
        return packaged_matrix()
    return merged(packaged_matrix(), [(one.replaces, _rule(one) if one.grade != "none" else None) for one in own], sum(one.version for one in own))


def _rule(one: MatrixRow) -> Rule:
    return Rule(one.platform, one.shop_type, one.category, tuple(one.documents), one.grade == "must", one.source, is_own=True)


def check_row(draft: RowDraft) -> None:
    """This function will refuse a row that could never hold.   Raises: MatrixRowUnusable."""
    matrix, why = packaged_matrix(), ""
    if draft.platform not in {"*", *Platform.values}:
        why = f"没有平台“{draft.platform}”"
    elif draft.category != "*" and not Category.objects.filter(code=draft.category).exists():
        why = f"没有类目“{draft.category}”"
    elif draft.grade not in GRADES:
        why = "程度只能是：必须、建议、不要"
    elif draft.grade == "none" and not draft.replaces:
        why = "只有随程序来的行可以设为“不要”"
    elif draft.replaces and draft.replaces not in {rule.key for rule in matrix.rules}:
        why = "要取代的行不在随程序来的矩阵里"
    elif not draft.documents and draft.grade != "none":
        why = "至少要一种资质"
    elif unknown := next((kind for kind in draft.documents if kind not in matrix.titles), ""):
        why = f"没有这种资质“{unknown}”"
    elif not draft.source.strip():
        why = "要写明依据（平台规则、法条和日期）"
    if why:
        raise MatrixRowUnusable(why=why)


@transaction.atomic
def save_row(*, actor: Actor, draft: RowDraft, now: datetime, line: UUID | None = None, version: int | None = None) -> MatrixRow:
    """
    This function will add a row, or end the version that stands of a line and add the next one.

    Raises: Forbidden, MatrixRowUnusable, MatrixRowUnknown, MatrixRowMoved.   Source: CMP-1.
    """
    access.require(actor, MATRIX)
    check_row(draft)
    number = 1
    if line is not None:
        number = _end(actor, line, version, now).version + 1
    try:
        with transaction.atomic():
            made = MatrixRow.objects.create(
                line=line or new_id(), version=number, replaces=draft.replaces, platform=draft.platform, shop_type=draft.shop_type.strip() or "*",
                category=draft.category, documents=list(draft.documents), grade=draft.grade, source=draft.source.strip()[:200],
                in_force_from=draft.in_force_from, added_by=actor.name, added_at=now,
            )  # fmt: skip
    except IntegrityError as taken:
        raise MatrixRowMoved from taken
    audit.record(
        actor, MATRIX, subject=f"matrix:{made.line}", now=now,
        details={"version": number, "platform": made.platform, "shop_type": made.shop_type, "category": made.category, "documents": made.documents, "grade": made.grade},
    )  # fmt: skip
    return made


@transaction.atomic
def end_row(*, actor: Actor, line: UUID, now: datetime) -> None:
    """This function will end a row; a packaged one it stood in for holds again.   Raises: Forbidden, MatrixRowUnknown."""
    access.require(actor, MATRIX)
    ended = _end(actor, line, None, now)
    audit.record(actor, MATRIX, subject=f"matrix:{line}", now=now, details={"ended": ended.version})


def _end(actor: Actor, line: UUID, version: int | None, now: datetime) -> MatrixRow:
    standing = MatrixRow.objects.filter(line=line, ended_at=None).first()
    if standing is None:
        raise MatrixRowUnknown
    if version is not None and standing.version != version:
        raise MatrixRowMoved
    if not MatrixRow.objects.filter(pk=standing.pk, ended_at=None).update(ended_by=actor.name, ended_at=now):
        raise MatrixRowMoved
    return standing


def history_of(line: UUID) -> list[MatrixRow]:
    """This function will give every version of a row, the newest first."""
    return list(MatrixRow.objects.filter(line=line).order_by("-version"))
