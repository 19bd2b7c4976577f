"""京东's signature: MD5 of all parameters between two secrets; the call's own are one JSON text that sorts first. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kaibo.channels import md5_wrapped
from kaibo.kit.clock import in_shanghai

CONTENT = "360buy_param_json"


def sign(secret: str, parameters: Mapping[str, str]) -> str:
    return md5_wrapped.sign(secret, parameters)


def timestamp(now: datetime) -> str:
    """This function will write a moment as JOS wants it: `2021-05-07 09:20:39.683+0800`."""
    at = in_shanghai(now)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}{at:%z}"
