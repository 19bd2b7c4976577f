"""Connect a robot, say something through those that listen to its topic, send what waits at the company's pace."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.module_loading import import_string

from kaibo.kit.errors import Invalid, KaiboError, NotFound
from kaibo.kit.robots import RobotKind, Say
from kaibo.kit.shop_channels import required
from kaibo.kit.shop_complaints import ShopRefused, ShopThrottled
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.robots.models import Robot, RobotMessage
from kaibo.plumbing.vault.deposit import open_deposit, seal_deposit

log = logging.getLogger("kaibo.robots")

MANAGE = "robots:robot:manage"
TOPICS: Mapping[str, tuple[str, ...]] = {
    "risk": ("risk:",), "parcels": ("parcels:",), "stock": ("line:", "draft:", "switch:"), "desk": ("desk:",),
    "service": ("case:", "refund-", "review-"), "quality": ("inspect:", "recall:", "count:"),
}  # fmt: skip
"""Topic → how the keys of its alerts begin."""
MINUTE = timedelta(minutes=1)
MOST_ATTEMPTS = 12
SPARE = 2
"""Messages a minute that are left to others who use the same robot."""
LONGEST_WAIT_SECONDS = 900


class RobotUnknown(NotFound):
    code = "robots.robot_unknown"
    message_zh = "没有这个机器人"
    message_en = "There is no such robot"


class TopicUnknown(Invalid):
    code = "robots.topic_unknown"
    message_zh = "没有“{topic}”这类通知"
    message_en = "There are no notices about “{topic}”"


def robots_known() -> list[Robot]:
    """This function will list the robots, by the names of their groups."""
    return list(Robot.objects.filter(kind__in=robot_kinds()).order_by("name"))


def robot_for(robot_id: UUID) -> Robot:
    """This function will give a robot.   Raises: RobotUnknown."""
    robot = Robot.objects.filter(pk=robot_id).first()
    if robot is None:
        raise RobotUnknown
    return robot


def newest_messages(most: int) -> list[RobotMessage]:
    return list(RobotMessage.objects.select_related("robot").order_by("-pk")[:most])


@cache
def robot_kinds() -> Mapping[str, RobotKind]:
    """This function will give the companies by key (the dotted path in settings.KAIBO_ROBOT_KINDS makes them)."""
    make: Callable[[], Mapping[str, RobotKind]] = import_string(settings.KAIBO_ROBOT_KINDS)
    return make()


@transaction.atomic
def connect(
    *, actor: Actor, kind: str, name: str, given: Mapping[str, str], topics: Sequence[str], quiet_minutes: int, now: datetime, is_on: bool = True,
    robot_id: UUID | None = None,
) -> Robot:  # fmt: skip
    """
    This function will keep a robot and what it is told of; a secret left empty stays.   Raises: Forbidden, RobotUnknown, TopicUnknown, ShopSettingWrong.
    """
    access.require(actor, MANAGE)
    # lock: two people changing one robot
    stored = Robot.objects.select_for_update().filter(pk=robot_id).first() if robot_id else None
    if kind not in robot_kinds() or (robot_id and stored is None):
        raise RobotUnknown
    for topic in topics:
        if topic not in TOPICS:
            raise TopicUnknown(topic=topic)
    known = robot_kinds()[kind]
    robot = stored or Robot(kind=kind)
    kept = open_deposit(f"robot:{robot.pk}", robot.sealed_settings) if stored else {}
    said = required({one.key: given.get(one.key) or kept.get(one.key, "") for one in known.fields}, known.fields)
    known.make(said)
    robot.name, robot.topics, robot.quiet_minutes, robot.is_on, robot.changed_at = name.strip()[:60] or known.title_zh, list(topics), quiet_minutes, is_on, now
    robot.sealed_settings, robot.trouble_zh, robot.trouble_en, robot.silent_until = seal_deposit(f"robot:{robot.pk}", said), "", "", None
    robot.save(force_insert=stored is None)
    audit.record(
        actor, "robots:robot:connect", subject=f"robot:{robot.pk}", now=now,
        details={"kind": kind, "topics": list(topics), "on": is_on, "fields": sorted(k for k, v in given.items() if v)},
    )
    return robot


def note(*, key: str, title: str, href: str, now: datetime, robot_id: UUID | None = None) -> int:
    """
    This function will put an alert into the outbox of every robot that listens to its topic, in the caller's transaction.

    One with the same key within the robot's quiet time is only counted.
    """
    topic = next((name for name, starts in TOPICS.items() if key.startswith(starts)), "")
    if not topic and robot_id is None:
        return 0
    robots = Robot.objects.filter(pk=robot_id) if robot_id else Robot.objects.filter(is_on=True, topics__contains=[topic])
    said = 0
    for robot in robots:
        quiet = RobotMessage.objects.filter(robot=robot, key=key, created_at__gt=now - timedelta(minutes=robot.quiet_minutes))
        newest = quiet.order_by("-created_at").values_list("pk", flat=True).first()
        if newest is not None and robot.quiet_minutes:
            RobotMessage.objects.filter(pk=newest).update(repeats=F("repeats") + 1)
            continue
        RobotMessage.objects.create(robot=robot, key=key[:160], title=title[:200], href=href[:300], next_try_at=now, created_at=now)
        said += 1
    return said


def send_test(*, actor: Actor, robot_id: UUID, now: datetime) -> RobotMessage:
    """This function will send a test notice through a robot at once and give how it went.   Raises: Forbidden, RobotUnknown."""
    access.require(actor, MANAGE)
    robot = robot_for(robot_id)
    with transaction.atomic():
        message = RobotMessage.objects.create(
            robot=robot, key=f"test:{now.isoformat()}", title="开播：这是一条测试通知", href="/", next_try_at=now, created_at=now
        )
        audit.record(actor, "robots:robot:test", subject=f"robot:{robot_id}", now=now)
    _send_for(robot, now, [message])
    message.refresh_from_db()
    return message


def send_due(now: datetime) -> int:
    """This function will send what waits, each robot at its company's pace, and give how many alerts were said; a clock."""
    waiting = Q(messages__state=RobotMessage.State.WAITING, messages__next_try_at__lte=now)
    robots = Robot.objects.filter(waiting, is_on=True).filter(Q(silent_until=None) | Q(silent_until__lte=now)).distinct()
    return sum(_send_for(robot, now, None) for robot in robots)


def _send_for(robot: Robot, now: datetime, only: list[RobotMessage] | None) -> int:
    kind = robot_kinds()[robot.kind]
    said = RobotMessage.objects.filter(robot=robot, state=RobotMessage.State.SENT, sent_at__gt=now - MINUTE).count()
    room = kind.per_minute - SPARE - said
    if room <= 0:
        return 0
    due = only or _take(robot, now)
    try:
        speaker = kind.make(open_deposit(f"robot:{robot.pk}", robot.sealed_settings))
    except KaiboError as complaint:
        _trouble(robot, due, complaint, now)
        return 0
    groups = [[one] for one in due] if len(due) <= room else [*([one] for one in due[: room - 1]), due[room - 1 :]]
    done = 0
    for group in groups:
        try:
            speaker.send(_words(group), now=now)
        except KaiboError as complaint:
            left = [one for later in groups[groups.index(group) :] for one in later]
            _trouble(robot, left, complaint, now)
            return done
        _sent(group, now)
        done += len(group)
    Robot.objects.filter(pk=robot.pk).exclude(trouble_zh="").update(trouble_zh="", trouble_en="", silent_until=None)
    return done


def _take(robot: Robot, now: datetime) -> list[RobotMessage]:
    """What waits, for this process alone for two minutes: another one that comes meanwhile finds nothing."""
    with transaction.atomic():
        waiting = RobotMessage.objects.filter(robot=robot, state=RobotMessage.State.WAITING, next_try_at__lte=now).order_by("pk")
        # lock: two work processes, one sends
        due = list(waiting.select_for_update(skip_locked=True)[:500])
        RobotMessage.objects.filter(pk__in=[one.pk for one in due]).update(next_try_at=now + 2 * MINUTE)
    return due


def _words(group: Sequence[RobotMessage]) -> Say:
    base = settings.ENV.console_url
    if len(group) == 1:
        one = group[0]
        again = ((f"（期间又发生 {one.repeats} 次）", ""),) if one.repeats else ()
        return Say(one.title, (*again, *((("打开开播", base + one.href),) if one.href else ())))
    return Say(f"开播：{len(group)} 条通知", tuple((one.title, base + one.href if one.href else "") for one in group))


def _sent(group: Sequence[RobotMessage], now: datetime) -> None:
    first, *others = group
    RobotMessage.objects.filter(pk=first.pk).update(state=RobotMessage.State.SENT, sent_at=now, problem="")
    RobotMessage.objects.filter(pk__in=[one.pk for one in others]).update(state=RobotMessage.State.MERGED, sent_at=now, problem="")


def _trouble(robot: Robot, left: Sequence[RobotMessage], complaint: KaiboError, now: datetime) -> None:
    """What may be tried again waits; a no of the company is final for these alerts, and the robot says so."""
    is_final = isinstance(complaint, ShopRefused)
    seconds = int(complaint.details.get("retry_after_seconds", 0)) if isinstance(complaint, ShopThrottled) else 0
    for one in left:
        attempts = one.attempts + 1
        is_dead = is_final or attempts >= MOST_ATTEMPTS
        wait = max(seconds, min(10 * 2 ** min(attempts, 7), LONGEST_WAIT_SECONDS))
        RobotMessage.objects.filter(pk=one.pk).update(
            attempts=attempts, problem=complaint.message("zh")[:200], state=RobotMessage.State.DEAD if is_dead else RobotMessage.State.WAITING,
            next_try_at=now + timedelta(seconds=wait),
        )
    Robot.objects.filter(pk=robot.pk).update(
        trouble_zh=complaint.message("zh")[:200], trouble_en=complaint.message("en")[:200],
        silent_until=now + timedelta(seconds=seconds) if seconds else None,
    )
    log.warning("a robot did not speak", extra={"robot": str(robot.pk), "reason": complaint.code})
