"""Several platforms sign the same old way: all parameters but the signature, sorted, names and values joined. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def joined(parameters: Mapping[str, str]) -> str:
    """This function will join all parameters but `sign` in the order of their names' bytes."""
    return "".join(name + parameters[name] for name in sorted(parameters, key=str.encode) if name != "sign")


def sign(secret: str, parameters: Mapping[str, str]) -> str:
    """This function will give the upper-case MD5 of the joined parameters between two secrets."""
    return hashlib.md5(f"{secret}{joined(parameters)}{secret}".encode(), usedforsecurity=False).hexdigest().upper()
