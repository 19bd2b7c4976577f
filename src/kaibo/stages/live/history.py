"""This moment beside the own earlier sessions at the same minute of the show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from kaibo.stages.live import queries
from kaibo.stages.live.deviations import Measure, Moment, Standing, standing
from kaibo.stages.live.models import FigureSample
from kaibo.stages.showplan.models import Session

RECENT_MINUTES = 5
MOST_SESSIONS = 10


@dataclass(frozen=True, slots=True)
class EarlierMoment:
    """An own earlier session as it stood at the same minute."""

    session_id: UUID
    title: str
    started_at: datetime
    moment: Moment


EARLIER = """
SELECT s.id, s.title, s.started_at, a.viewers, a.claims, a.amount_fen, a.watched, a.viewer_seconds, a.claims - coalesce(b.claims, 0)
  FROM showplan_session s
 CROSS JOIN LATERAL (SELECT * FROM live_figuresample f WHERE f.session_id = s.id AND f.at <= s.started_at + %(into)s ORDER BY f.at DESC LIMIT 1) a
  LEFT JOIN LATERAL (SELECT f.claims FROM live_figuresample f WHERE f.session_id = s.id AND f.at <= s.started_at + %(before)s ORDER BY f.at DESC LIMIT 1) b ON true
 WHERE s.shop_id = %(shop)s AND s.platform = %(platform)s AND s.state = 'ended' AND s.started_at < %(started)s
   AND s.ended_at >= s.started_at + %(into)s
 ORDER BY s.started_at DESC LIMIT %(most)s
"""


def earlier_at(session: Session, now: datetime) -> list[EarlierMoment]:
    """
    This function will give the shop's last ten sessions on the same platform as they stood this long after their start.

    One that was over by then is left out: it had no such minute.   Source: LIV-7, facts/metrics (n = 10).
    """
    began = session.started_at
    if began is None:
        return []
    into = now - began
    minutes = recent_minutes(began, now)
    with connection.cursor() as cursor:
        cursor.execute(
            EARLIER,
            {
                "into": into, "before": into - timedelta(minutes=minutes), "shop": session.shop_id, "platform": session.platform, "started": began,
                "most": MOST_SESSIONS,
            },
        )  # fmt: skip
        return [
            EarlierMoment(one, title, started, Moment(viewers, claims, amount, entered, stayed, recent, minutes))
            for one, title, started, viewers, claims, amount, entered, stayed, recent in cursor.fetchall()
        ]


def recent_minutes(began_at: datetime, now: datetime) -> int:
    """This function will say over how many minutes “recent” goes: five, less in the first minutes of a show."""
    return min(RECENT_MINUTES, max(int((now - began_at).total_seconds()) // 60, 1))


def moment_of(session: Session, now: datetime, *, viewers: int, claims: int, amount_fen: int, last: FigureSample | None) -> Moment:
    """This function will give today's counters: the room's own, what the samples count beside them, and what is recent."""
    minutes = recent_minutes(session.started_at, now) if session.started_at else RECENT_MINUTES
    before = queries.sample_before(session.pk, now - timedelta(minutes=minutes))
    return Moment(
        viewers=viewers, claims=claims, amount_fen=amount_fen, entered=last.watched if last else 0, viewer_seconds=last.viewer_seconds if last else 0,
        recent_claims=max(claims - (before.claims if before else 0), 0), recent_minutes=minutes,
    )  # fmt: skip


def standings(moment: Moment, earlier: Sequence[EarlierMoment], *, planned_fen: int) -> dict[Measure, Standing]:
    """This function will set every measure beside its plan and the own sessions; only sales have a plan line."""
    moments = [one.moment for one in earlier]
    return {
        measure: standing(measure, moment, earlier=moments, plan=planned_fen if measure is Measure.AMOUNT and planned_fen else None)
        for measure in Measure
    }


TYPICAL = """
WITH earlier AS (
    SELECT id, started_at FROM showplan_session
     WHERE shop_id = %(shop)s AND platform = %(platform)s AND state = 'ended' AND started_at < %(started)s ORDER BY started_at DESC LIMIT %(most)s
), minutes AS (
    SELECT f.session_id, floor(extract(epoch FROM f.at - e.started_at) / 60)::int AS minute, avg(f.viewers) AS viewers
      FROM earlier e JOIN live_figuresample f ON f.session_id = e.id AND f.at >= e.started_at AND f.at < e.started_at + %(into)s
     GROUP BY 1, 2
)
SELECT minute, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY viewers))::int FROM minutes GROUP BY minute
"""


def typical_viewers(session: Session, now: datetime) -> dict[int, int]:
    """This function will give, for each minute into the show, the median of viewers in the own earlier sessions: the chart's dashed line."""
    began = session.started_at
    if began is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            TYPICAL,
            {"shop": session.shop_id, "platform": session.platform, "started": began, "most": MOST_SESSIONS, "into": now - began + timedelta(minutes=1)},
        )
        return dict(cursor.fetchall())
