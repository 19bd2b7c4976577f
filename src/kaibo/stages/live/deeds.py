"""What the desk's keys do: each deed reads its form and makes one call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.http import QueryDict

from kaibo.kit.errors import Invalid
from kaibo.kit.money import fen_from_text
from kaibo.plumbing.access.actor import Actor
from kaibo.stages.live import services
from kaibo.stages.live.models import DeskAction
from kaibo.stages.live.rules import ItemGone


class NotANumber(Invalid):
    code = "live.not_a_number"
    message_zh = "“{text}”不是整数"
    message_en = "“{text}” is not a whole number"


Act = Callable[[Actor, UUID, QueryDict, str, datetime], DeskAction]


def whole(posted: QueryDict, name: str) -> int:
    text = posted.get(name, "").strip()
    if not text.isdecimal() or len(text) > 9:
        raise NotANumber(text=text)
    return int(text)


def id_of(posted: QueryDict, name: str) -> UUID:
    try:
        return UUID(posted.get(name, ""))
    except ValueError as wrong:
        raise ItemGone from wrong


def seen_of(posted: QueryDict) -> UUID | None:
    return id_of(posted, "seen") if posted.get("seen") else None


def _next(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
    return services.next_segment(actor=actor, session_id=session, seen=seen_of(posted), key=key, now=now)


def _go_to(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
    return services.go_to_segment(actor=actor, session_id=session, segment_id=id_of(posted, "segment"), seen=seen_of(posted), key=key, now=now)


def _previous(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
    return services.previous_segment(actor=actor, session_id=session, seen=seen_of(posted), key=key, now=now)


def _playbook(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
    return services.start_incident(
        actor=actor, session_id=session, playbook_id=id_of(posted, "playbook"), is_drill=bool(posted.get("drill")), key=key, now=now
    )


def told_of(posted: QueryDict) -> services.Told:
    """This function will read the figures somebody typed; what was left empty is zero.   Raises: NotANumber, NotMoney."""
    counted = {name: whole(posted, name) if posted.get(name, "").strip() else 0 for name in ("viewers", "claims", "units", "messages", "likes", "watched")}
    return services.Told(amount_fen=fen_from_text(posted.get("amount") or "0"), **counted)


def _figures(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
    return services.tell_figures(actor=actor, session_id=session, told=told_of(posted), key=key, now=now)


def _item_call(service: Callable[..., DeskAction]) -> Act:
    def act_on_item(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
        return service(actor=actor, session_id=session, item_id=id_of(posted, "item"), key=key, now=now)

    return act_on_item


def _plain_call(service: Callable[..., DeskAction]) -> Act:
    def act_on_desk(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
        return service(actor=actor, session_id=session, key=key, now=now)

    return act_on_desk


def _text_call(service: Callable[..., DeskAction]) -> Act:
    def act_with_text(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
        return service(actor=actor, session_id=session, text=posted.get("text", ""), key=key, now=now)

    return act_with_text


def _request_call(service: Callable[..., DeskAction]) -> Act:
    def act_on_request(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
        return service(actor=actor, session_id=session, request_id=id_of(posted, "request"), key=key, now=now)

    return act_on_request


def _extend(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
    return services.extend_item(actor=actor, session_id=session, item_id=id_of(posted, "item"), units=whole(posted, "units"), key=key, now=now)


def _price(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
    return services.change_price(
        actor=actor, session_id=session, item_id=id_of(posted, "item"), price_fen=fen_from_text(posted.get("price", "")), reason=posted.get("reason", ""),
        key=key, now=now,
    )  # fmt: skip


def _flash(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
    if posted.get("prepared"):
        return services.start_flash(actor=actor, session_id=session, item_id=id_of(posted, "prepared"), minutes=whole(posted, "minutes"), key=key, now=now)
    return services.open_flash_sale(
        actor=actor, session_id=session, segment_id=id_of(posted, "segment"), sku_id=id_of(posted, "sku"), price_fen=fen_from_text(posted.get("price", "")),
        units=whole(posted, "units"), limit=whole(posted, "limit") if posted.get("limit") else None, minutes=whole(posted, "minutes"),
        reason=posted.get("reason", ""), key=key, now=now,
    )  # fmt: skip


ACTS: dict[str, Act] = {
    "next": _next, "previous": _previous, "go_to": _go_to, "pin": _item_call(services.pin_item), "playbook": _playbook, "figures": _figures,
    "stream": _plain_call(services.switch_stream), "take_down": _item_call(services.take_down), "put_back": _item_call(services.put_back),
    "close": _item_call(services.close_item), "extend": _extend, "price": _price, "flash": _flash, "notice": _text_call(services.post_notice),
    "prompt": _text_call(services.prompt_host), "price_confirm": _request_call(services.confirm_price),
    "price_refuse": _request_call(services.refuse_price), "replan": _plain_call(services.replan_rest), "undo": _plain_call(services.undo_last),
    "end": _plain_call(services.end_session),
}  # fmt: skip
UNHEARD = frozenset({"prompt", "replan", "price_refuse", "playbook", "figures"})
"""Actions the viewers' room never hears of: nothing to read back."""
