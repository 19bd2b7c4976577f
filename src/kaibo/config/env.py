"""The settings every process honours: read once, typed, and refused by name when wrong (contracts/verbs.md)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kaibo.kit.errors import Invalid


class WrongSetting(Invalid):
    code = "config.wrong_setting"
    message_zh = "设置 {name}={value!r} 不对：{wanted}"
    message_en = "Setting {name}={value!r} is wrong: {wanted}"


@dataclass(frozen=True, slots=True)
class Env:
    """Everything a process may learn from its surroundings. `docs/operations.md` documents each; a test keeps that true."""

    name: str
    """KAIBO_ENV: `development` or `production`; production refuses unsafe settings by name."""
    data: Path
    """KAIBO_DATA: the folder of everything Kaibo writes (default ./var)."""
    bind: str
    """KAIBO_BIND: the address both doors listen on (default 127.0.0.1)."""
    console_port: int
    """KAIBO_CONSOLE_PORT: the staff's door (default 8000)."""
    room_port: int
    """KAIBO_ROOM_PORT: the public door (default 8001)."""
    work_port: int
    """KAIBO_WORK_PORT: where the work process answers /health and /metrics (default 8002)."""
    rtmp_port: int
    """KAIBO_RTMP_PORT: where encoders push a picture (default 1935)."""
    media_port: int
    """KAIBO_MEDIA_PORT: where viewers' players fetch it (default 8003)."""
    database_url: str
    """KAIBO_DATABASE_URL: any PostgreSQL ≥ 15; empty = the embedded one in the data folder."""
    valkey_url: str
    """KAIBO_VALKEY_URL: for many machines; empty = none."""
    room_url: str
    """KAIBO_ROOM_URL: how viewers reach the room from outside (default http://BIND:ROOM_PORT)."""
    rtmp_url: str
    """KAIBO_RTMP_URL: how encoders reach the ingest from outside (default rtmp://BIND:RTMP_PORT)."""
    media_url: str
    """KAIBO_MEDIA_URL: how players reach the picture from outside (default http://BIND:MEDIA_PORT)."""
    console_url: str
    """KAIBO_CONSOLE_URL: how staff reach the console (default http://BIND:CONSOLE_PORT)."""
    beacon_url: str
    """KAIBO_BEACON_URL: the relay and chain of a drand beacon draws take their randomness from, as https://RELAY/CHAIN; empty = witnesses."""
    secret_key: str
    """KAIBO_SECRET_KEY (or KAIBO_SECRET_KEY_FILE): signs cookies and tokens and wraps personal-data keys; empty = made once in the data folder."""
    allowed_hosts: tuple[str, ...]
    """KAIBO_ALLOWED_HOSTS: comma-separated host names the console answers to (default: local names)."""
    proxies: frozenset[str] = frozenset()
    """KAIBO_PROXIES: comma-separated addresses of our own reverse proxies, believed about whom they ask for (default: none)."""

    @property
    def is_production(self) -> bool:
        return self.name == "production"


def read_env(environ: Mapping[str, str] | None = None) -> Env:
    """
    This function will read all KAIBO_ settings, once per process, and refuse a wrong one by its name.

    `NAME_FILE` may hold a path whose content is the value, for secrets.
    Raises: WrongSetting.
    """
    source = os.environ if environ is None else environ
    name = _choice(source, "KAIBO_ENV", "development", ("development", "production"))
    bind = _text(source, "KAIBO_BIND", "127.0.0.1")
    console_port = _port(source, "KAIBO_CONSOLE_PORT", 8000)
    room_port = _port(source, "KAIBO_ROOM_PORT", 8001)
    rtmp_port = _port(source, "KAIBO_RTMP_PORT", 1935)
    media_port = _port(source, "KAIBO_MEDIA_PORT", 8003)
    shown = "127.0.0.1" if bind in {"0.0.0.0", "::"} else bind  # noqa: S104  a wildcard is not an address to link to
    env = Env(
        name=name,
        data=Path(_text(source, "KAIBO_DATA", "./var")).resolve(),
        bind=bind,
        console_port=console_port,
        room_port=room_port,
        work_port=_port(source, "KAIBO_WORK_PORT", 8002),
        rtmp_port=rtmp_port,
        media_port=media_port,
        database_url=_database(source),
        valkey_url=_text(source, "KAIBO_VALKEY_URL", ""),
        room_url=_text(source, "KAIBO_ROOM_URL", f"http://{shown}:{room_port}").rstrip("/"),
        rtmp_url=_text(source, "KAIBO_RTMP_URL", f"rtmp://{shown}:{rtmp_port}").rstrip("/"),
        media_url=_text(source, "KAIBO_MEDIA_URL", f"http://{shown}:{media_port}").rstrip("/"),
        console_url=_text(source, "KAIBO_CONSOLE_URL", f"http://{shown}:{console_port}").rstrip("/"),
        beacon_url=_text(source, "KAIBO_BEACON_URL", "").rstrip("/"),
        secret_key=_text(source, "KAIBO_SECRET_KEY", ""),
        allowed_hosts=tuple(h for h in _text(source, "KAIBO_ALLOWED_HOSTS", "").split(",") if h),
        proxies=frozenset(one.strip() for one in _text(source, "KAIBO_PROXIES", "").split(",") if one.strip()),
    )
    if env.is_production:
        _refuse_unsafe(env)
    return env


def _refuse_unsafe(env: Env) -> None:
    if not env.secret_key or len(env.secret_key) < 32:
        raise WrongSetting(
            name="KAIBO_SECRET_KEY",
            value="…",
            wanted="生产环境需要至少 32 个字符 / production needs at least 32 characters",
        )
    if not env.allowed_hosts or "*" in env.allowed_hosts:
        raise WrongSetting(
            name="KAIBO_ALLOWED_HOSTS",
            value=",".join(env.allowed_hosts),
            wanted="生产环境需要写明域名 / production needs the host names",
        )


def setting(name: str, default: str = "", environ: Mapping[str, str] | None = None) -> str:
    """This function will read one setting of its own, or its `_FILE`, for what only some installations have.   Raises: WrongSetting."""
    return _text(os.environ if environ is None else environ, name, default)


def _text(source: Mapping[str, str], name: str, default: str) -> str:
    if path := source.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as unreadable:
            raise WrongSetting(
                name=f"{name}_FILE", value=path, wanted="读不到这个文件 / this file cannot be read"
            ) from unreadable
    return source.get(name, default).strip()


def _choice(source: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = _text(source, name, default)
    if value not in allowed:
        raise WrongSetting(name=name, value=value, wanted=" | ".join(allowed))
    return value


def _port(source: Mapping[str, str], name: str, default: int) -> int:
    value = _text(source, name, str(default))
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise WrongSetting(name=name, value=value, wanted="1–65535")
    return int(value)


def _database(source: Mapping[str, str]) -> str:
    value = _text(source, "KAIBO_DATABASE_URL", "")
    if value and not value.startswith(("postgresql://", "postgres://")):
        raise WrongSetting(name="KAIBO_DATABASE_URL", value=value.split("@")[-1], wanted="postgresql://…")
    return value
