"""Giving parsed rows to a kind: no key twice in one call, a failed batch row by row, one outcome for every row."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, transaction

from kaibo.kit.errors import KaiboError, Unavailable
from kaibo.plumbing.intake.batches import turns_of
from kaibo.plumbing.intake.kinds import ImportContext, ImportKind, Outcome, ParsedRow, Refused

log = logging.getLogger(__name__)


class OutcomesWrong(RuntimeError):
    """A kind answered another number of outcomes than it got rows: a defect of the kind."""


def apply_rows(
    kind: ImportKind, context: ImportContext, rows: Sequence[ParsedRow], turns: Sequence[int] | None = None
) -> list[Outcome]:
    """
    This function will let the kind take rows, in order, inside the caller's transaction.

    Rows with the same key come in later calls than the first, so set-based statements never meet a key twice. When a
    call fails, its rows are taken one by one and only those that fail again are refused. A lost database is no row's
    fault and is raised. `turns` says in which call each row comes, where that is known (`batches.turns_of`).
    """
    outcomes: list[Outcome | None] = [None] * len(rows)
    for wave in _waves(turns_of(kind.row_key, rows) if turns is None else turns):
        for index, outcome in zip(wave, _apply(kind, context, [rows[index] for index in wave]), strict=True):
            outcomes[index] = outcome
    return [outcome for outcome in outcomes if outcome is not None]


def _waves(turns: Sequence[int]) -> list[list[int]]:
    waves: list[list[int]] = [[] for _ in range(max(turns, default=-1) + 1)]
    for index, turn in enumerate(turns):
        waves[turn].append(index)
    return waves


def _apply(kind: ImportKind, context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    try:
        return _apply_once(kind, context, rows)
    except (OperationalError, InterfaceError, Unavailable):
        raise
    except Exception as failure:  # whatever a kind raises, the good rows of the batch must still be taken
        log.warning(
            "import batch failed, taking it row by row", extra={"kind": kind.key, "failure": type(failure).__name__}
        )
    return [_apply_alone(kind, context, row) for row in rows]


def _apply_alone(kind: ImportKind, context: ImportContext, row: ParsedRow) -> Outcome:
    try:
        return _apply_once(kind, context, [row])[0]
    except (OperationalError, InterfaceError, Unavailable):
        raise
    except KaiboError as complaint:
        return Refused(
            complaint.code, complaint.message("zh"), complaint.message("en"), str(complaint.details.get("column", ""))
        )
    except Exception as failure:
        log.warning("import row failed", exc_info=not isinstance(failure, DatabaseError), extra={"kind": kind.key})
        named = _name_of(failure)
        return Refused("intake.row_failed", f"这一行写不进去（{named}）", f"This row could not be stored ({named})")


def _apply_once(kind: ImportKind, context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    with transaction.atomic():
        outcomes = kind.apply(context, rows)
        if len(outcomes) != len(rows):
            raise OutcomesWrong(kind.key)
        return outcomes


def _name_of(failure: Exception) -> str:
    """The constraint that was broken, or the failure's kind; never its words, which may hold personal data."""
    cause = getattr(failure, "__cause__", None)
    constraint = getattr(getattr(cause, "diag", None), "constraint_name", None)
    return str(constraint or type(failure).__name__)
