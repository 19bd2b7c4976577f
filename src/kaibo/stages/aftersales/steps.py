"""One step of a case: taken if nobody was first, with its next deadline, its line of history and its audit row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kaibo.plumbing import kept_words
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.kept_words import Filling
from kaibo.stages.aftersales import queries, rules
from kaibo.stages.aftersales.complaints import CaseMovedOn
from kaibo.stages.aftersales.models import Case, CaseEntry
from kaibo.stages.aftersales.rules import Severity, State


def note(
    case: Case, kind: CaseEntry.Kind, text: str, actor: Actor, now: datetime, *, outcome: str = "", values: Mapping[str, Filling] | None = None
) -> None:
    """This function will add a line to a case's history: somebody's words, or a kept sentence that `values` fill."""
    CaseEntry.objects.create(case=case, kind=kind, text=text[:400], values=kept_words.kept(values or {}), outcome=outcome, at=now, by=actor.name)


def take_step(
    case: Case, target: State, actor: Actor, reason: str, now: datetime, *, values: Mapping[str, Filling] | None = None, **changes: Any
) -> None:
    """This function will take a case to a state its table allows, and set when the next step is due.   Raises: StepNotAllowed, CaseMovedOn."""
    source = State(case.state)
    rules.STEPS.require(source, target)
    settled_at = now if target in rules.SETTLED else case.settled_at
    due = rules.due_at(
        target, Severity(case.severity), opened_at=case.opened_at, received_at=changes.get("received_at", case.received_at), settled_at=settled_at,
        next_contact_at=None, hours=queries.hours_in_force(),
    )  # fmt: skip
    changed = Case.objects.filter(pk=case.pk, state=source.value).update(state=target.value, due_at=due, settled_at=settled_at, **changes)
    if not changed:
        raise CaseMovedOn
    note(case, CaseEntry.Kind.STATE, reason, actor, now, outcome=target.value, values=values)
    audit.record(
        actor, "aftersales:case:move", subject=f"case:{case.pk}", now=now, shop_id=case.shop_id, details={"from": source.value, "to": target.value},
        reason=kept_words.read(reason, kept_words.kept(values or {})),
    )  # fmt: skip
    case.refresh_from_db()
