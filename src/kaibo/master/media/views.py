"""Serve a kept file to people who are signed in."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest

from kaibo.master.media.services import media_for, path_of


@login_required
def file(request: HttpRequest, media_id: UUID) -> FileResponse:
    found = media_for(media_id)
    answer = FileResponse(path_of(found.sha256).open("rb"), content_type=found.mime, filename=found.name)
    answer["Cache-Control"] = "private, max-age=31536000, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox"
    return answer
