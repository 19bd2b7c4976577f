"""TOP's signature over all parameters: MD5 between two secrets, or an HMAC without any wrapping. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Literal

from kaibo.channels import md5_wrapped

Method = Literal["md5", "hmac", "hmac-sha256"]


def sign(secret: str, parameters: Mapping[str, str], *, method: Method = "hmac-sha256") -> str:
    """This function will sign one call; `parameters` already say the method as `sign_method`."""
    if method == "md5":
        return md5_wrapped.sign(secret, parameters)
    digest = hashlib.md5 if method == "hmac" else hashlib.sha256
    return hmac.new(secret.encode(), md5_wrapped.joined(parameters).encode(), digest).hexdigest().upper()
