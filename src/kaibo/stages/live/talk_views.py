"""The talk of a room: what do viewers ask, what waits for a person, what did the host just say?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kaibo.kit.clock import screen_time
from kaibo.kit.errors import NotFound
from kaibo.master.shops.queries import shops_for
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.live import talk_queries as queries
from kaibo.stages.live.deeds import whole
from kaibo.stages.live.models import Reply
from kaibo.stages.live.permissions import (
    DESK_SEE,
    POLL_RUN,
    REPLY_APPROVE,
    REPLY_WRITE,
    SPEECH_ACKNOWLEDGE,
    TALK_ANSWER,
    TALK_BLOCK,
    TALK_MODERATE,
)
from kaibo.stages.live.services import polls, replies, speech, talk
from kaibo.stages.live.talk_forms import ReplyForm
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session

CAN = {"moderate": TALK_MODERATE, "block": TALK_BLOCK, "answer": TALK_ANSWER, "poll": POLL_RUN, "acknowledge": SPEECH_ACKNOWLEDGE}
REPLY_STATES = {"waiting": gettext_lazy("等第二人批准"), "approved": gettext_lazy("已批准"), "refused": gettext_lazy("没批准")}
REPLY_PILLS = {"waiting": "warn", "approved": "ok", "refused": "bad"}


class TalkDeedUnknown(NotFound):
    code = "live.talk_deed_unknown"
    message_zh = "没有这个动作"
    message_en = "There is no such action"


def _session(request: ConsoleRequest, session_id: UUID) -> Session:
    session = showplan.session_for(request.actor, session_id)
    access.require(request.actor, DESK_SEE, shop_id=session.shop_id)
    return session


def _can(actor: Actor, session: Session) -> dict[str, bool]:
    return {key: actor.can(ability, shop_id=session.shop_id) for key, ability in CAN.items()}


@require_GET
def page(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """Who says what, what waits, who may not speak?   Source: LIV-9, CMP-9."""
    session = _session(request, session_id)
    visitor, text = request.GET.get("visitor", "")[:40], request.GET.get("q", "")[:60]
    return render(
        request, "live/talk.html",
        {
            "session": session, "can": _can(request.actor, session), "panel": queries.panel_of(session), "messages_found": queries.messages_of(session, visitor=visitor, text=text),
            "blocks": queries.blocks_of(session.shop_id), "settled": queries.settled_questions(session), "polls": queries.polls_of(session), "q": text, "visitor": visitor,
            "speech": queries.speech_count(session.pk), "spoken": queries.speech_hits(session.pk),
        },
    )  # fmt: skip


@require_GET
def panel(request: ConsoleRequest, session_id: UUID) -> HttpResponse:
    """What waits for a person, to be put in place of the old."""
    session = _session(request, session_id)
    return render(request, "live/_talk_parts.html", {"session": session, "can": _can(request.actor, session), "panel": queries.panel_of(session)})


@require_GET
def tools(request: ConsoleRequest, session_id: UUID) -> JsonResponse:
    """The stream only staff may follow, what this person may do, and the replies that can be pressed."""
    session = _session(request, session_id)
    pressed = [{"id": str(one.pk), "text": one.text} for one in queries.quick_replies(session.shop_id)]
    return JsonResponse({"stream": settings.ENV.room_url + queries.desk_stream(session, request.actor), "can": _can(request.actor, session), "replies": pressed})


# What the panel's buttons do: each reads its form, makes one call, and gives (what was done, what takes it back).

Done = tuple[str, str, dict[str, str]]
Call = Callable[[Actor, UUID, QueryDict, datetime], Done]


def _id(posted: QueryDict, name: str) -> UUID:
    try:
        return UUID(posted.get(name, ""))
    except ValueError as wrong:
        raise TalkDeedUnknown from wrong


def _mute(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    visitor = posted.get("visitor", "")
    until = talk.mute_visitor(actor=actor, session_id=session, visitor=visitor, minutes=whole(posted, "minutes"), reason=posted.get("reason", ""), now=now)
    return _("已禁言到 %(until)s") % {"until": screen_time(until)}, "unmute", {"visitor": visitor}


def _unmute(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    talk.unmute_visitor(actor=actor, session_id=session, visitor=posted.get("visitor", ""), now=now)
    return _("已解除禁言"), "", {}


def _block(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    visitor = posted.get("visitor", "")
    talk.block_visitor(actor=actor, session_id=session, visitor=visitor, reason=posted.get("reason", ""), now=now)
    return _("已加入店铺黑名单，以后各场都不能发言"), "unblock", {"visitor": visitor}


def _unblock(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    talk.unblock_visitor(actor=actor, session_id=session, visitor=posted.get("visitor", ""), now=now)
    return _("已移出黑名单"), "", {}


def _remove(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    message = _id(posted, "message")
    talk.remove_message(actor=actor, session_id=session, message_id=message, reason=posted.get("reason", ""), now=now)
    return _("已从所有观众的屏幕上删除，记录保留"), "restore", {"message": str(message)}


def _restore(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    talk.restore_message(actor=actor, session_id=session, message_id=_id(posted, "message"), now=now)
    return _("已恢复显示"), "", {}


def _pin(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    talk.pin_message(actor=actor, session_id=session, message_id=_id(posted, "message"), now=now)
    return _("已置顶"), "unpin", {}


def _unpin(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    talk.unpin_message(actor=actor, session_id=session, now=now)
    return _("已取消置顶"), "", {}


def _let_through(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    message = talk.decide_held(actor=actor, session_id=session, message_id=_id(posted, "message"), is_shown=True, now=now)
    return _("已放行 %(name)s 的话") % {"name": message.nickname}, "remove", {"message": str(message.message), "reason": _("撤回放行")}


def _keep_back(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    message = talk.decide_held(actor=actor, session_id=session, message_id=_id(posted, "message"), is_shown=False, now=now)
    return _("不放行 %(name)s 的话") % {"name": message.nickname}, "", {}


def _answer(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    settled = talk.answer_question(actor=actor, session_id=session, question_id=_id(posted, "question"), text=posted.get("text", ""), now=now)
    if settled.answer:
        return _("已上屏回答，%(asked)s 人问过") % {"asked": settled.asked}, "", {}
    return _("记为主播已口头回答"), "reopen", {"question": str(settled.question)}


def _dismiss(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    question = _id(posted, "question")
    talk.dismiss_question(actor=actor, session_id=session, question_id=question, now=now)
    return _("已忽略"), "reopen", {"question": str(question)}


def _reopen(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    talk.reopen_question(actor=actor, session_id=session, question_id=_id(posted, "question"), now=now)
    return _("问题放回列表"), "", {}


def _say(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    reply = _id(posted, "reply") if posted.get("reply") else None
    message = talk.say_as_shop(actor=actor, session_id=session, text=posted.get("text", ""), reply_id=reply, now=now)
    return _("已以店铺身份发出"), "remove", {"message": str(message), "reason": _("撤回店铺发言")}


def _poll_open(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    minutes = whole(posted, "minutes") if posted.get("minutes") else None
    poll = polls.open_poll(actor=actor, session_id=session, title=posted.get("title", ""), options=posted.getlist("option"), minutes=minutes, now=now)
    return _("投票开始了"), "poll_close", {"poll": str(poll)}


def _poll_close(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    polls.close_poll(actor=actor, session_id=session, poll_id=_id(posted, "poll"), now=now)
    return _("投票结束，结果已公布"), "", {}


def _acknowledge(actor: Actor, session: UUID, posted: QueryDict, now: datetime) -> Done:
    hit = speech.acknowledge_hit(actor=actor, session_id=session, hit_id=_id(posted, "hit"), note=posted.get("note", ""), now=now)
    return _("已确认“%(text)s”") % {"text": hit.text}, "", {}


CALLS: dict[str, Call] = {
    "mute": _mute, "unmute": _unmute, "block": _block, "unblock": _unblock, "remove": _remove, "restore": _restore, "pin": _pin, "unpin": _unpin,
    "let_through": _let_through, "keep_back": _keep_back, "answer": _answer, "dismiss": _dismiss, "reopen": _reopen, "say": _say, "poll_open": _poll_open,
    "poll_close": _poll_close, "acknowledge": _acknowledge,
}  # fmt: skip


@require_POST
def act(request: ConsoleRequest, session_id: UUID, deed: str) -> HttpResponse:
    """One button of the talk: one call; the answer says what was done, and the address that takes it back."""
    call = CALLS.get(deed)
    if call is None:
        raise TalkDeedUnknown
    words, back, values = call(request.actor, session_id, _said(request), request.now)
    undo = f"{reverse('live:talk-act', args=[session_id, back])}?{urlencode(values)}" if back else ""
    if request.headers.get("HX-Request"):
        return done(request, words)
    return JsonResponse({"words": words, "undo": undo})


def _said(request: ConsoleRequest) -> QueryDict:
    """The form; what an undo address carries counts where the form is silent."""
    said = request.POST.copy()
    for key, values in request.GET.lists():
        if key not in said:
            said.setlist(key, values)
    return said


@require_http_methods(["GET", "POST"])
def reply_list(request: ConsoleRequest) -> HttpResponse:
    """What may be said with one press, what comes by itself, and what waits for a second person?   Source: LIV-9."""
    access.require(request.actor, DESK_SEE)
    shops = [(str(one.pk), one.name) for one in shops_for(request.actor) if request.actor.can(REPLY_WRITE, shop_id=one.pk)]
    form = ReplyForm(request.POST or None, shops=shops)
    if request.method == "POST" and form.is_valid():
        said: dict[str, Any] = form.cleaned_data
        replies.write_reply(
            actor=request.actor, shop_id=UUID(said["shop"]), text=said["text"], keywords=said["keywords"], cooldown_seconds=said["cooldown_seconds"], now=request.now
        )
        return done(request, _("已提交，等第二个人批准"), "live:replies")
    rows = [
        (one, REPLY_STATES[one.state], REPLY_PILLS[one.state], one.state == Reply.State.WAITING and request.actor.can(REPLY_APPROVE, shop_id=one.shop_id) and one.written_by != request.actor.person_id)
        for one in queries.replies_for(request.actor, shop_id=request.shop_id)[:300]
    ]  # fmt: skip
    return render(request, "live/replies.html", {"form": form, "rows": rows, "may_write": bool(shops)})


@require_POST
def decide_reply(request: ConsoleRequest, reply_id: UUID, verdict: str) -> HttpResponse:
    calls = {"approve": (replies.approve_reply, _("已批准，直播间马上能用")), "refuse": (replies.refuse_reply, _("没批准")), "retire": (replies.retire_reply, _("已停用"))}
    if verdict not in calls:
        raise TalkDeedUnknown
    call, words = calls[verdict]
    call(actor=request.actor, reply_id=reply_id, now=request.now)
    return done(request, words, "live:replies")
