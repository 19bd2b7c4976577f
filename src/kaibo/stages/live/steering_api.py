"""The rest of the desk over the JSON API: pinning, going back, streams, figures of other platforms, playbooks, the prompter."""

# Annotations are evaluated here: `paginate` wraps the function and would look for UUID in its own module.

from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from kaibo.plumbing.access import access
from kaibo.stages.live import incidents as reading
from kaibo.stages.live import services
from kaibo.stages.live.models import DeskAction, Incident, IncidentStep, Playbook
from kaibo.stages.live.permissions import DESK_SEE
from kaibo.stages.live.services.items import new_key

router = Router(tags=["live"])


class DoneOut(Schema):
    id: UUID
    kind: str
    at: datetime
    actor_name: str
    seq: int
    details: dict[str, object]


class SeenIn(Schema):
    seen: UUID | None = None


class FiguresIn(Schema):
    viewers: int
    claims: int
    amount_fen: int
    units: int = 0
    messages: int = 0
    likes: int = 0
    watched: int = 0


class PlaybookOut(Schema):
    id: UUID
    kind: str
    title: str
    announcement: str
    steps: list[dict[str, object]]


class BeginIn(Schema):
    playbook_id: UUID
    is_drill: bool = False


class StepOut(Schema):
    place: int
    role: str
    text: str
    due_at: datetime
    done_at: datetime | None
    done_by_name: str


class IncidentOut(Schema):
    id: UUID
    title: str
    kind: str
    is_drill: bool
    started_at: datetime
    started_by_name: str
    ended_at: datetime | None
    cause: str
    lesson: str
    steps: list[StepOut]


class TellIn(Schema):
    text: str


class FollowUpIn(Schema):
    text: str
    owner_name: str
    due_on: date


class EndIn(Schema):
    cause: str
    lesson: str = ""
    follow_ups: list[FollowUpIn] = []


class PointIn(Schema):
    segment_id: UUID
    place: int


class TimesOut(Schema):
    times: int


class ReadOut(Schema):
    seen_at: datetime
    by_name: str


def _said(request: HttpRequest) -> dict[str, object]:
    return {"actor": request.auth, "key": request.headers.get("Idempotency-Key", "")[:80] or new_key(), "now": request.now}


@router.post("/sessions/{session_id}/previous", response=DoneOut)
def go_back(request: HttpRequest, session_id: UUID, body: SeenIn) -> DeskAction:
    return services.previous_segment(session_id=session_id, seen=body.seen, **_said(request))


@router.post("/sessions/{session_id}/items/{item_id}/pin", response=DoneOut)
def pin(request: HttpRequest, session_id: UUID, item_id: UUID) -> DeskAction:
    return services.pin_item(session_id=session_id, item_id=item_id, **_said(request))


@router.post("/sessions/{session_id}/stream", response=DoneOut)
def switch_stream(request: HttpRequest, session_id: UUID) -> DeskAction:
    return services.switch_stream(session_id=session_id, **_said(request))


@router.post("/sessions/{session_id}/figures", response=DoneOut)
def tell_figures(request: HttpRequest, session_id: UUID, body: FiguresIn) -> DeskAction:
    return services.tell_figures(session_id=session_id, told=services.Told(**body.dict()), **_said(request))


@router.post("/sessions/{session_id}/prompts/{action_id}/read", response=ReadOut)
def read_prompt(request: HttpRequest, session_id: UUID, action_id: UUID) -> object:
    return services.acknowledge_prompt(actor=request.auth, session_id=session_id, action_id=action_id, now=request.now)


@router.post("/sessions/{session_id}/points", response=TimesOut)
def point_said(request: HttpRequest, session_id: UUID, body: PointIn) -> TimesOut:
    times = services.note_point_said(actor=request.auth, session_id=session_id, segment_id=body.segment_id, place=body.place, now=request.now)
    return TimesOut(times=times)


@router.get("/shops/{shop_id}/playbooks", response=list[PlaybookOut])
@paginate
def playbooks(request: HttpRequest, shop_id: UUID) -> list[Playbook]:
    access.require(request.auth, DESK_SEE, shop_id=shop_id)
    return reading.playbooks_of(shop_id)


@router.post("/sessions/{session_id}/incidents", response=DoneOut)
def begin(request: HttpRequest, session_id: UUID, body: BeginIn) -> DeskAction:
    return services.start_incident(session_id=session_id, playbook_id=body.playbook_id, is_drill=body.is_drill, **_said(request))


@router.get("/incidents", response=list[IncidentOut])
@paginate
def incidents(request: HttpRequest) -> QuerySet[Incident]:
    access.require(request.auth, DESK_SEE)
    return reading.incidents_for(request.auth).prefetch_related("steps")


@router.post("/incidents/{incident_id}/steps/{place}", response=StepOut)
def tick(request: HttpRequest, incident_id: UUID, place: int) -> IncidentStep:
    return services.tick_step(actor=request.auth, incident_id=incident_id, place=place, now=request.now)


@router.post("/incidents/{incident_id}/tell", response=IncidentOut)
def tell(request: HttpRequest, incident_id: UUID, body: TellIn) -> Incident:
    return services.tell_of_incident(incident_id=incident_id, text=body.text, **_said(request))


@router.post("/incidents/{incident_id}/end", response=IncidentOut)
def end_incident(request: HttpRequest, incident_id: UUID, body: EndIn) -> Incident:
    follow_ups = [services.FollowUp(**one.dict()) for one in body.follow_ups]
    return services.end_incident(incident_id=incident_id, cause=body.cause, lesson=body.lesson, follow_ups=follow_ups, **_said(request))
