"""拼多多's signature: MD5 of all parameters between two secrets; lists and objects as the JSON text that is sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kaibo.channels import md5_wrapped


def sign(secret: str, parameters: Mapping[str, str]) -> str:
    return md5_wrapped.sign(secret, parameters)
