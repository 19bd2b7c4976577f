"""Alipay's signatures both ways (RSA2). Pure: texts and keys in, texts or a refusal out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from kaibo.channels import rsa
from kaibo.channels.yuan import shanghai_moment
from kaibo.kit.payments import NoticeForged, NoticeUnreadable

GOOD_SECONDS = 300
MOST_FIELDS = 200
BARE_KEY = ""
"""The name of Alipay's key where no certificate gives it one."""


def content(parameters: Mapping[str, str]) -> str:
    """This function will give what is signed: `name=value` in the order of names, joined by &, values as they are."""
    return "&".join(f"{name}={value}" for name, value in sorted(parameters.items()))


def signed(key: RSAPrivateKey, parameters: Mapping[str, str]) -> dict[str, str]:
    """This function will give a request's parameters with their signature."""
    asked = {**parameters, "sign_type": "RSA2"}
    return {**asked, "sign": rsa.sign(key, content(asked).encode())}


def read_notice(keys: Mapping[str, RSAPublicKey], body: bytes, *, now: datetime) -> dict[str, str]:
    """
    This function will give the fields of a notice Alipay signed within the last five minutes: the signature is over all
    fields but `sign` and `sign_type`, by any of Alipay's keys.   Raises: NoticeForged, NoticeUnreadable.
    """
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise NoticeUnreadable(why="form") from None
    told = dict(pairs)
    if len(told) != len(pairs):
        raise NoticeUnreadable(why="a field twice")
    if told.get("sign_type") != "RSA2":
        raise NoticeForged(why="sign_type")
    if told.get("charset", "utf-8").lower() != "utf-8":
        raise NoticeUnreadable(why="charset")
    message = content({name: value for name, value in told.items() if name not in {"sign", "sign_type"}})
    if not any(rsa.is_signed(key, message.encode(), told.get("sign", "")) for key in keys.values()):
        raise NoticeForged(why="signature")
    try:
        sent_at = shanghai_moment(told["notify_time"])
    except (KeyError, ValueError):
        raise NoticeForged(why="notify_time") from None
    if abs((now - sent_at).total_seconds()) > GOOD_SECONDS:
        raise NoticeForged(why="too old")
    return told


def read_answer(keys: Mapping[str, RSAPublicKey], method: str, body: bytes) -> dict[str, Any]:
    """
    This function will give what an answer of the gateway says. The signature is over the very characters of the answer's
    value, so they are cut out before they are read. The answer names its certificate (`alipay_cert_sn`) in certificate
    mode; with a bare public key it names none.   Raises: NoticeForged, NoticeUnreadable.
    """
    try:
        text = body.decode()
        whole = json.loads(text)
        name = method.replace(".", "_") + "_response"
        if name not in whole:
            name = "error_response"
        told = whole[name]
        start = text.index("{", text.index(f'"{name}"'))
        found, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, KeyError, TypeError):
        raise NoticeUnreadable(why="answer") from None
    if not isinstance(told, dict) or found != told:
        raise NoticeUnreadable(why="answer")
    key = keys.get(str(whole.get("alipay_cert_sn", BARE_KEY)))
    if key is None:
        raise NoticeForged(why="alipay_cert_sn")
    if not rsa.is_signed(key, text[start:end].encode(), str(whole.get("sign", ""))):
        raise NoticeForged(why="signature")
    return told
