"""What the shell itself changes: the second factor of an account."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from kaibo.console.queries import pending_factor_of, second_factor_of
from kaibo.kit.errors import Conflict, Forbidden, Invalid, NotFound
from kaibo.master.people.models import Person
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit


class WrongCode(Invalid):
    code = "console.wrong_code"
    message_zh = "验证码不对或已过期，请输入验证器上现在的 6 位数字"
    message_en = "The code is wrong or too old; enter the 6 digits your authenticator shows now"


class WrongPassword(Invalid):
    code = "console.wrong_password"
    message_zh = "现在的密码不对"
    message_en = "The current password is wrong"


class ReasonMissing(Invalid):
    code = "console.reason_missing"
    message_zh = "请填写新的值和修改原因"
    message_en = "Fill in the new value and the reason for the change"


class PageTooOld(Forbidden):
    code = "console.page_too_old"
    message_zh = "页面已过期，请刷新后再提交"
    message_en = "This page is too old; reload it and send again"


class SecondFactorIsOn(Conflict):
    code = "console.second_factor_is_on"
    message_zh = "两步验证已经开启"
    message_en = "Two-step verification is already on"


class NoSecondFactor(NotFound):
    code = "console.no_second_factor"
    message_zh = "没有正在设置的两步验证，请重新开始"
    message_en = "No two-step verification is being set up; start again"


@transaction.atomic
def begin_second_factor(*, person: Person) -> TOTPDevice:
    """
    This function will make a fresh secret for the person's authenticator; it counts only once confirmed.

    Raises: SecondFactorIsOn.
    """
    if second_factor_of(person):
        raise SecondFactorIsOn
    TOTPDevice.objects.filter(user=person, confirmed=False).delete()
    return TOTPDevice.objects.create(user=person, name=person.account, confirmed=False)


@transaction.atomic
def confirm_second_factor(*, actor: Actor, person: Person, code: str, now: datetime) -> None:
    """
    This function will turn the second factor on when its first code is right.

    Raises: NoSecondFactor, WrongCode.
    """
    device = pending_factor_of(person)
    if device is None:
        raise NoSecondFactor
    if not device.verify_token(code):
        raise WrongCode
    TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
    audit.record(actor, "console:second_factor:turn_on", subject=f"person:{person.pk}", now=now)


@transaction.atomic
def drop_second_factor(*, actor: Actor, person: Person, password: str, now: datetime) -> None:
    """
    This function will turn the second factor off for who knows the password.

    Raises: WrongPassword, NoSecondFactor.
    """
    if not person.check_password(password):
        raise WrongPassword
    if not TOTPDevice.objects.filter(user=person).delete()[0]:
        raise NoSecondFactor
    audit.record(actor, "console:second_factor:turn_off", subject=f"person:{person.pk}", now=now)
