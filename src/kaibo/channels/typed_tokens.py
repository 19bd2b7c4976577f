"""Tokens a shop's owner copied from a platform's own page, beside those an authorisation code is turned into. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kaibo.kit.shop_channels import AccountField, Grant
from kaibo.kit.shop_complaints import ShopSettingWrong

TOKEN_FIELDS = (
    AccountField("access_token", "授权 Access Token（填授权码时留空）", "access token (none with a code)", is_secret=True, is_required=False),
    AccountField("refresh_token", "刷新令牌 Refresh Token（可空）", "refresh token (may be empty)", is_secret=True, is_required=False),
)


def typed_of(told: Mapping[str, str]) -> Grant | None:
    """This function will read tokens out of an account's settings; when they end, the platform says."""
    return Grant(told["access_token"], told["refresh_token"]) if told["access_token"] else None


def typed_grant(typed: Grant | None) -> Grant:
    """This function will give the typed tokens where there is no authorisation code.   Raises: ShopSettingWrong (neither is there)."""
    if typed is None:
        raise ShopSettingWrong(name="授权 Access Token / access token", wanted="填授权码或 Access Token / a code or a token")
    return typed


def grant_of(grant: Grant | None, typed: Grant | None) -> str:
    """This function will say which token to call with."""
    known = grant or typed
    return known.access_token if known else ""
