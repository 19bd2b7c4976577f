"""What the pages show: figures in words, charts as data, causes beside their actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.clock import business_date, in_shanghai
from kaibo.kit.money import share_bp
from kaibo.master.people.queries import names_of
from kaibo.stages.analytics import queries, services
from kaibo.stages.analytics.causes import STEP_WORDS, TOPICS, Cause
from kaibo.stages.analytics.figures import FigureRow, figure_rows
from kaibo.stages.analytics.forms import AcceptForm, LessonsForm, WorkbookForm
from kaibo.stages.analytics.models import Action
from kaibo.stages.analytics.picture import Picture
from kaibo.stages.analytics.queries import SessionRow
from kaibo.stages.analytics.words import beside_words, is_red, signed_words, value_words
from kaibo.stages.live import talk_queries as talk
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session

HEADLINES = ("net", "contribution", "viewers", "interaction", "conversion", "refund")
LIST_FIGURES = ("net", "viewers", "interaction", "conversion", "refund")
STATE_PILLS = {"proposed": "warn", "accepted": "note", "done": "ok", "dropped": ""}
SPARKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class CauseRow:
    """A cause beside what was decided about it."""

    cause: Cause
    action: Action | None
    effect: str
    owner: str
    state: str
    state_words: str
    pill: str
    form: AcceptForm
    dialog_id: str


def spark(picture: Picture, *, bars: int = 24) -> str:
    """This function will draw the session's audience in a line of text bars; the chart of the session has the figures."""
    online = [one.online for one in picture.minutes]
    if not online or not max(online):
        return ""
    size = max(1, -(-len(online) // bars))
    peaks = [max(online[at : at + size]) for at in range(0, len(online), size)]
    return "".join(SPARKS[min(7, one * 8 // (max(peaks) + 1))] for one in peaks)


def list_context(rows: Sequence[SessionRow]) -> dict[str, Any]:
    """This function will give the list of sessions: each beside the ones before it."""
    shown = []
    for place, row in enumerate(rows):
        earlier = [(one.picture, None) for one in rows[place + 1 :] if one.picture and one.session.shop_id == row.session.shop_id and one.session.state == "ended"]
        figures = {}
        if row.picture is not None:
            found = {one.key: one for one in figure_rows(row.picture, earlier, targets={}, platform={})}
            figures = {key: found[key] for key in LIST_FIGURES}
        shown.append(
            {
                "session": row.session, "picture": row.picture, "is_concluded": row.is_concluded, "open_actions": row.open_actions,
                "spark": spark(row.picture) if row.picture else "",
                "cells": [{"words": value_words(one.value, one.definition.unit), "place": one.percentile, "is_red": is_red(one)} for one in figures.values()],
            }
        )  # fmt: skip
    waiting = sum(1 for row in rows if row.session.state == "ended" and not row.is_concluded)
    return {
        "rows": shown, "waiting": waiting, "trend": trend_chart(rows),
        "figures": [
            {"name": _("等复盘"), "value": waiting, "beside": _("结束后 48 小时内完成"), "state": "warn" if waiting else "ok"},
            {"name": _("没做完的行动"), "value": sum(row.open_actions for row in rows), "beside": _("来自近 %(n)s 场") % {"n": len(rows)}},
        ],
    }  # fmt: skip


def trend_chart(rows: Sequence[SessionRow]) -> dict[str, Any] | None:
    """This function will set net sales and conversion of the last sessions beside each other, oldest first."""
    with_picture = [row for row in rows if row.picture is not None and row.session.state == "ended"][:20][::-1]
    if len(with_picture) < 2:
        return None
    pictures = [row.picture for row in with_picture if row.picture is not None]
    return {
        "kind": "bar", "x": [in_shanghai(row.session.starts_at).strftime("%m-%d") for row in with_picture],
        "series": [
            {"name": _("净成交额"), "data": [one.net_fen for one in pictures], "unit": "fen", "kind": "bar", "tone": "chart-2"},
            {"name": _("进入-成交转化率"), "data": [share_bp(one.paid_people, one.viewers) for one in pictures], "unit": "bp", "kind": "line", "axis": 1, "tone": "chart-1"},
        ],
    }  # fmt: skip


def session_context(session: Session, *, may: Mapping[str, bool], now: datetime) -> dict[str, Any]:
    """This function will give everything the retrospective page shows."""
    trail = [(_("数据与复盘"), reverse("analytics:home")), (in_shanghai(session.starts_at).strftime("%Y-%m-%d %H:%M"), "")]
    context: dict[str, Any] = {"trail": trail, "session": session, "may": may, "workbook_form": WorkbookForm(), "now": now}
    kept = queries.snapshots_of([session.pk]).get(session.pk)
    if kept is None:
        return context
    platform = queries.platform_of(session.pk)
    rows = figure_rows(kept, queries.history_of(session), targets=queries.targets_for(session), platform=platform)
    causes = cause_rows(session, kept, now)
    concluded = queries.retrospective_of(session.pk)
    return context | {
        "speech": talk.speech_count(session.pk), "spoken": talk.speech_hits(session.pk),
        "picture": kept, "figures": headline_figures(rows), "definitions": [definition_row(one) for one in rows], "minutes": minute_chart(kept, session),
        "funnel": funnel_chart(kept), "steps": step_rows(kept), "items": item_rows(kept), "causes": causes, "concluded": concluded,
        "undecided": sum(1 for one in causes if one.state == "proposed"), "lessons_form": LessonsForm(initial={"lessons": drafted_lessons(causes)}),
        "platform_status": platform_status(rows, platform), "has_planned_bands": any(band.is_planned for band in kept.bands),
    }  # fmt: skip


def headline_figures(rows: Sequence[FigureRow]) -> list[dict[str, Any]]:
    by_key = {one.key: one for one in rows}
    return [
        {
            "name": one.definition.title, "value": value_words(one.value, one.definition.unit), "beside": beside_words(one), "href": f"#figure-{one.key}",
            "state": "" if one.meets_target is None else "ok" if one.meets_target else "warn", "value_state": "bad" if is_red(one) else "",
        }
        for key in HEADLINES if (one := by_key[key])
    ]  # fmt: skip


def definition_row(row: FigureRow) -> dict[str, Any]:
    """This function will write a figure out: everything it is made of, and how far the platform's own value is from it."""
    d = row.definition
    return {
        "key": row.key, "title": d.title, "value": value_words(row.value, d.unit), "numerator": d.numerator, "denominator": d.denominator,
        "numerator_count": value_words(row.numerator_count, "fen" if d.unit == "fen" or row.key == "roi" else "count"),
        "denominator_count": "" if row.denominator_count is None else value_words(row.denominator_count, "fen" if row.key == "roi" else "count"),
        "target": value_words(row.target, d.unit) if row.target is not None else "", "target_source": row.target_source, "percentile": row.percentile,
        "history_count": row.history_count, "platform": row.platform, "platform_value": value_words(row.platform_value, d.unit) if row.platform_value is not None else "",
        "difference": signed_words(row.platform_difference, d.unit), "is_different": bool(row.platform_difference), "dedupe": d.dedupe_key, "source": d.source,
        "note": d.note, "version": row.version, "is_red": is_red(row), "meets_target": row.meets_target,
    }  # fmt: skip


def platform_status(rows: Sequence[FigureRow], platform: Mapping[str, tuple[int, str]]) -> dict[str, str]:
    """This function will say in one pill whether the platform and we agree about orders, else about viewers."""
    if not platform:
        return {"words": _("没有平台数据"), "state": "note"}
    compared = next((one for key in ("orders", "viewers", "gross") for one in rows if one.key == key and one.platform_value is not None), None)
    if compared is None:
        return {"words": _("平台数据没有可比的指标"), "state": "note"}
    unit = compared.definition.unit
    words = {
        "figure": compared.definition.title, "platform": value_words(compared.platform_value, unit), "own": value_words(compared.value, unit),
        "gap": signed_words(compared.platform_difference, unit),
    }  # fmt: skip
    if compared.platform_difference == 0:
        return {"words": _("数据已对齐：%(figure)s平台 %(platform)s = 本地 %(own)s") % words, "state": "ok"}
    return {"words": _("%(figure)s：平台 %(platform)s，本地 %(own)s，差 %(gap)s") % words, "state": "warn"}


def minute_chart(picture: Picture, session: Session) -> dict[str, Any]:
    """This function will draw audience and orders by the minute, with what was in front of the camera and what the desk did."""
    names = [in_shanghai(one.at).strftime("%H:%M") for one in picture.minutes]
    known = set(names)

    def clock(at: datetime) -> str:
        inside = max(picture.minutes[0].at, min(at, picture.minutes[-1].at)) if picture.minutes else at
        return in_shanghai(inside).strftime("%H:%M")

    bands = [{"from": clock(one.starts_at), "to": clock(one.ends_at - timedelta(seconds=1)), "label": one.title[:6]} for one in picture.bands if names]
    marks = [{"x": clock(one.at), "label": one.words} for one in picture.marks if names]
    return {
        "kind": "line", "x": names,
        "series": [
            {"name": _("在线人数"), "data": [one.online for one in picture.minutes], "unit": "count", "tone": "chart-1"},
            {"name": _("下单"), "data": [one.orders for one in picture.minutes], "unit": "count", "kind": "bar", "axis": 1, "tone": "chart-2"},
        ],
        "bands": [one for one in bands if one["from"] in known and one["to"] in known and one["from"] != one["to"]],
        "marks": [one for one in marks if one["x"] in known],
    }  # fmt: skip


def funnel_chart(picture: Picture) -> dict[str, Any]:
    return {"kind": "funnel", "unit": "count", "items": [{"name": str(STEP_WORDS[key]), "value": people} for key, people in picture.steps]}


def step_rows(picture: Picture) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    before = None
    for key, people in picture.steps:
        rows.append({"words": STEP_WORDS[key], "people": people, "share_bp": share_bp(people, before) if before else None})
        before = people
    return rows


def item_rows(picture: Picture) -> list[dict[str, Any]]:
    """This function will give the items, the best selling (net) first, each with its way from shown to kept."""
    return [
        {
            "item": one, "click_bp": share_bp(one.click_people, one.expose_people) if one.expose_people else None,
            "buy_bp": share_bp(one.buyers, one.click_people) if one.click_people else None,
            "return_bp": share_bp(one.returned_units, one.units) if one.units else None,
            "net": value_words(one.net_fen, "fen"), "per_minute": value_words(one.net_fen // one.explained_minutes // 100 * 100, "fen") if one.explained_minutes else "—",
            "asked": sum(one.questions.values()), "asked_words": "、".join(f"{TOPICS[topic][0]} {count}" for topic, count in sorted(one.questions.items(), key=lambda p: -p[1])),
        }
        for one in sorted(picture.items, key=lambda one: (-one.net_fen, one.title))
    ]  # fmt: skip


def cause_rows(session: Session, picture: Picture, now: datetime) -> list[CauseRow]:
    """This function will set each cause beside its action; actions whose cause a recount took away stay, if somebody took them on."""
    actions = {one.cause: one for one in queries.actions_of(session.pk)}
    causes = services.causes_for(session, picture)
    gone = [one for key, one in actions.items() if key not in {cause.key for cause in causes} and one.state != "proposed"]
    causes += [Cause(one.cause, one.words, one.evidence, one.effect_fen, "", one.words, "", 0) for one in gone]
    names = names_of([one.owner_id for one in actions.values()])
    natural = {}
    for duty in showplan.duties_of([session.pk]).get(session.pk, []):
        natural.setdefault(duty.role, duty.person_id)
    words = {"proposed": _("待定"), "accepted": _("已建"), "done": _("已完成"), "dropped": _("不采纳")}
    rows = []
    for place, cause in enumerate(causes):
        action = actions.get(cause.key)
        state = action.state if action else "proposed"
        due = action.due_on if action else business_date(now) + timedelta(days=cause.due_days)
        owner = action.owner_id if action and action.owner_id else natural.get(cause.owner_role)
        form = AcceptForm(initial={"words": action.words if action and state != "proposed" else cause.action, "owner": str(owner or ""), "due_on": due})
        rows.append(
            CauseRow(
                cause, action, signed_words(cause.effect_fen, "fen") or "—", names.get(action.owner_id, "") if action and action.owner_id else "", state,
                words[state], STATE_PILLS[state], form, f"accept-{place}",
            )
        )  # fmt: skip
    return rows


def drafted_lessons(causes: Sequence[CauseRow]) -> str:
    """This function will draft the lessons from what was accepted; a person writes them as they mean them."""
    return "\n".join(f"{one.cause.title}：{one.action.words}" for one in causes if one.action and one.state in {"accepted", "done"})


def session_href(session: Session) -> str:
    return reverse("analytics:session", args=[session.pk])
