"""Secrets other companies gave us (app secrets, tokens): sealed at rest, each for the row it belongs to."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from kaibo.kit.errors import Conflict

NONCE_BYTES = 12


class DepositUnreadable(Conflict):
    code = "vault.deposit_unreadable"
    message_zh = "保存的密钥打不开：安装密钥变了，或数据已损坏，请重新填写"
    message_en = "The stored secret cannot be opened: the installation's key changed or the data is broken; enter it again"


def seal_deposit(about: str, secrets: Mapping[str, str]) -> bytes:
    """This function will seal secrets for one row (`about`), so that no row's can stand in for another's."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _box().encrypt(nonce, json.dumps(dict(secrets)).encode(), about.encode())


def open_deposit(about: str, sealed: bytes) -> dict[str, str]:
    """This function will open what was sealed for this row.   Raises: DepositUnreadable."""
    content = bytes(sealed)
    try:
        opened: dict[str, str] = json.loads(_box().decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], about.encode()))
    except (InvalidTag, ValueError):
        raise DepositUnreadable from None
    return opened


def _box() -> AESGCM:
    return AESGCM(hashlib.sha256(b"kaibo.vault.deposit:" + settings.SECRET_KEY.encode()).digest())
