"""How the picture of a session comes in right now."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from kaibo.room import video
from kaibo.stages.showplan.models import Session


def ingests_of(session: Session, now: datetime) -> list[video.Ingest]:
    """This function will tell how a session's sources come in, the main one first; one nobody ever pushed is left out."""
    with connection.cursor() as cursor:
        return video.ingests(cursor, session.room, now=now)
