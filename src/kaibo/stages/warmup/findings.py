"""How a session's announcement stands, in words with source and repair.   Source: WRM-1."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.clock import screen_time
from kaibo.plumbing.wiring import Finding
from kaibo.stages.showplan.models import Session
from kaibo.stages.warmup.models import Announcement
from kaibo.stages.warmup.rules import Lead, Timing


def finding_of(session: Session, announcement: Announcement | None, found: Lead) -> Finding:
    """This function will say whether the announcement is out and was in time."""
    href = reverse("warmup:campaign", args=[session.pk])
    said = {"days": found.days, "least": found.least, "most": found.most, "until": screen_time(found.closes_at), "from": screen_time(found.opens_at)}
    if announcement is not None and announcement.published_at:
        if found.timing is Timing.LATE:
            said["reason"] = announcement.late_reason
            return Finding("red", _("开播前 %(days)s 天才发预告，少于 %(least)s 天：%(reason)s") % said, "WRM-1", href, _("看预告"), href)
        return Finding("ok", _("已在开播前 %(days)s 天发布预告") % said, "WRM-1", href)
    if session.state in {Session.State.LIVE, Session.State.ENDED}:
        return Finding("red", _("没有发过预告就开播了"), "WRM-1", href)
    if found.timing is Timing.LATE:
        return Finding("red", _("预告还没发，已过最晚时间 %(until)s（开播前 %(least)s 天）") % said, "WRM-1", href, _("写原因并发布"), href)
    if found.timing is Timing.DUE:
        return Finding("run", _("该发预告了，最晚 %(until)s") % said, "WRM-1", href, _("去发布"), href)
    return Finding("none", _("%(from)s 起可以发预告（开播前 %(most)s 至 %(least)s 天）") % said, "WRM-1", href)
