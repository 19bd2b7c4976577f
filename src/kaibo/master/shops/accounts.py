"""A channel's account on its platform: connecting it, opening it for a call, renewing what it may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from kaibo.kit.errors import Invalid, KaiboError, NotFound
from kaibo.kit.shop_channels import Can, Capabilities, Grant, ShopChannel, ShopKind
from kaibo.kit.shop_complaints import ShopSettingWrong
from kaibo.master.shops.models import Channel, ChannelAccount
from kaibo.master.shops.services import SHOP_MANAGE
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.shop_kinds import shop_kinds
from kaibo.plumbing.vault.deposit import DepositUnreadable, open_deposit, seal_deposit

RENEW_BEFORE = timedelta(minutes=50)
"""抖店 renews within the last hour only; before, it gives the same token back."""
RENEWING_LOCK = 7_204_021
"""First half of the advisory lock of whoever renews an account's tokens."""


class ChannelUnknown(NotFound):
    code = "shops.channel_unknown"
    message_zh = "没有这个渠道，或你看不到它"
    message_en = "There is no such channel, or you cannot see it"


class PlatformNotConnectable(Invalid):
    code = "shops.platform_not_connectable"
    message_zh = "{platform}还不能接口对接，请用文件导入"
    message_en = "{platform} cannot be connected by its interface yet; use files"


def kind_of(channel: Channel) -> ShopKind:
    """This function will give the platform of a channel.   Raises: PlatformNotConnectable."""
    kind = shop_kinds().get(channel.platform)
    if kind is None:
        raise PlatformNotConnectable(platform=channel.get_platform_display())
    return kind


def channel_for(actor: Actor, channel_id: UUID) -> Channel:
    """This function will give a channel somebody may see.   Raises: ChannelUnknown."""
    channel = Channel.objects.select_related("shop").filter(pk=channel_id).first()
    if channel is None or not actor.sees(channel.shop_id):
        raise ChannelUnknown
    return channel


def connect_account(*, actor: Actor, channel_id: UUID, given: Mapping[str, str], code: str, now: datetime) -> ChannelAccount:
    """
    This function will connect a channel: the platform is asked for tokens first, so that what is stored works.

    A secret left empty keeps the stored one.   Raises: Forbidden, ChannelUnknown, PlatformNotConnectable, ShopSettingWrong, and
    what a ShopChannel raises.
    """
    channel = channel_for(actor, channel_id)
    access.require(actor, SHOP_MANAGE, shop_id=channel.shop_id)
    kind = kind_of(channel)
    stored = ChannelAccount.objects.filter(pk=channel_id).first()
    kept = open_deposit(_about(channel_id, "settings"), stored.sealed_settings) if stored else {}
    said = {one.key: given.get(one.key) or kept.get(one.key, "") for one in kind.fields}
    opened = kind.make(said, None)
    grant = opened.new_grant(code, now=now) if Can.REFRESH_GRANT in kind.capabilities.can else None
    with transaction.atomic():
        account, _ = ChannelAccount.objects.update_or_create(
            pk=channel_id,
            defaults={
                "sealed_settings": seal_deposit(_about(channel_id, "settings"), said), **_grant_columns(channel_id, grant), "is_on": True,
                "trouble": "", "trouble_words": "", "changed_at": now,
            },
        )  # fmt: skip
        if grant and grant.shop_id and not channel.external_id:
            Channel.objects.filter(pk=channel_id).update(external_id=grant.shop_id)
        audit.record(
            actor, "shops:channel:connect", subject=f"channel:{channel_id}", now=now, shop_id=channel.shop_id,
            details={"platform": channel.platform, "fields": sorted(key for key, value in given.items() if value)},
        )  # fmt: skip
    return account


@transaction.atomic
def turn_account(*, actor: Actor, channel_id: UUID, is_on: bool, now: datetime) -> None:
    """This function will let a channel's account rest, or wake it.   Raises: Forbidden, ChannelUnknown."""
    channel = channel_for(actor, channel_id)
    access.require(actor, SHOP_MANAGE, shop_id=channel.shop_id)
    if not ChannelAccount.objects.filter(pk=channel_id).update(is_on=is_on, trouble="", trouble_words="", changed_at=now):
        raise ChannelUnknown
    audit.record(actor, "shops:channel:on" if is_on else "shops:channel:off", subject=f"channel:{channel_id}", now=now, shop_id=channel.shop_id, details={})


def accounts_on() -> list[ChannelAccount]:
    """This function will list the accounts that work is done for, with channel and shop."""
    return list(ChannelAccount.objects.filter(is_on=True, channel__is_active=True).select_related("channel").order_by("pk"))


def open_account(account: ChannelAccount, *, now: datetime) -> ShopChannel:
    """This function will give a channel ready to call, renewing its tokens when they end soon.   Raises: what a ShopChannel raises."""
    kind = kind_of(account.channel)
    said, grant = open_deposit(_about(account.pk, "settings"), account.sealed_settings), _grant_of(account)
    if grant and grant.expires_at and grant.expires_at - now < RENEW_BEFORE:
        return renew_account(account, now=now)
    return kind.make(said, grant)


def shown_settings(account: ChannelAccount) -> dict[str, str]:
    """This function will give what an account says that is no secret, to be shown and changed; nothing where it cannot be opened."""
    try:
        said = open_deposit(_about(account.pk, "settings"), account.sealed_settings)
    except DepositUnreadable:
        return {}
    return {one.key: said.get(one.key) or one.default for one in kind_of(account.channel).fields if not one.is_secret}


def stored_channel(account: ChannelAccount) -> ShopChannel:
    """This function will give a channel that only reads what is sent to it: nothing is renewed, nobody is called."""
    return kind_of(account.channel).make(open_deposit(_about(account.pk, "settings"), account.sealed_settings), None)


def capabilities_of(channel: Channel, account: ChannelAccount | None) -> Capabilities:
    """This function will say what a channel can do with the account it has: a setting may switch something on.   Raises: PlatformNotConnectable."""
    kind = kind_of(channel)
    if account is None:
        return kind.capabilities
    try:
        return kind.make(open_deposit(_about(account.pk, "settings"), account.sealed_settings), None).capabilities
    except (DepositUnreadable, ShopSettingWrong):
        return kind.capabilities


def renew_account(account: ChannelAccount, *, now: datetime) -> ShopChannel:
    """
    This function will renew an account's tokens and give the channel ready to call.

    One process renews: with many platforms the tokens for renewing end when they are used. Who comes second takes what the
    first one got.   Raises: what a ShopChannel raises.
    """
    kind = kind_of(account.channel)
    said, used = open_deposit(_about(account.pk, "settings"), account.sealed_settings), account.sealed_grant
    if used is None:
        return kind.make(said, None)
    with _alone(account.pk):
        account.refresh_from_db(fields=["sealed_grant", "grant_ends_at"])
        grant = _grant_of(account)
        if grant is None or bytes(account.sealed_grant or b"") != bytes(used):
            return kind.make(said, grant)
        renewed = kind.make(said, grant).refreshed_grant(grant, now=now)
        columns = _grant_columns(account.pk, renewed)
        ChannelAccount.objects.filter(pk=account.pk).update(**columns)
    account.sealed_grant, account.grant_ends_at = columns["sealed_grant"], columns["grant_ends_at"]
    return kind.make(said, renewed)


@contextmanager
def _alone(channel_id: UUID) -> Iterator[None]:
    """No row and no transaction is held while the platform is asked; the lock ends with its connection at the latest."""
    with connection.cursor() as cursor:
        # lock: the only one of its holder; taken before every row and given back before the next one
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [RENEWING_LOCK, str(channel_id)])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [RENEWING_LOCK, str(channel_id)])


def note_trouble(account: ChannelAccount, complaint: KaiboError | None) -> None:
    """This function will keep what went wrong with an account last, or that nothing does."""
    code, words = (complaint.code, complaint.message("zh")[:200]) if complaint else ("", "")
    if (account.trouble, account.trouble_words) != (code, words):
        ChannelAccount.objects.filter(pk=account.pk).update(trouble=code, trouble_words=words)
        account.trouble, account.trouble_words = code, words


def _grant_columns(channel_id: UUID, grant: Grant | None) -> dict[str, object]:
    if grant is None:
        return {"sealed_grant": None, "grant_ends_at": None}
    kept = {
        "access_token": grant.access_token, "refresh_token": grant.refresh_token, "shop_id": grant.shop_id, "shop_name": grant.shop_name,
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else "",
    }  # fmt: skip
    return {"sealed_grant": seal_deposit(_about(channel_id, "grant"), kept), "grant_ends_at": grant.expires_at}


def _grant_of(account: ChannelAccount) -> Grant | None:
    if account.sealed_grant is None:
        return None
    kept = open_deposit(_about(account.pk, "grant"), account.sealed_grant)
    ends = datetime.fromisoformat(kept["expires_at"]) if kept["expires_at"] else None
    return Grant(kept["access_token"], kept["refresh_token"], ends, None, kept["shop_id"], kept["shop_name"])


def _about(channel_id: UUID, what: str) -> str:
    return f"channel-account:{what}:{channel_id}"
