"""The secret that signs cookies and tokens: configured, or made once in the data folder."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from kaibo.config.env import Env
from kaibo.kit.errors import Unavailable


class SecretUnreadable(Unavailable):
    code = "config.secret_unreadable"
    message_zh = "读不到或写不了密钥文件 {path}：{reason}"
    message_en = "The secret file {path} cannot be read or written: {reason}"


def secret_path(env: Env) -> Path:
    return env.data / "secret"


def secret_key(env: Env) -> str:
    """
    This function will give the secret key; in development an unset one is made once and kept, readable by the owner only.

    Two processes that start together end up with the same key: the file appears whole or not at all.
    Raises: SecretUnreadable.
    """
    if env.secret_key:
        return env.secret_key
    path = secret_path(env)
    try:
        if not path.exists():
            _make(path)
        return path.read_text(encoding="ascii").strip()
    except OSError as refused:
        raise SecretUnreadable(path=str(path), reason=str(refused)) from refused


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".secret.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(descriptor)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
