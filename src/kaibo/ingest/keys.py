"""Stream keys: who may push a picture into which room, until when. A key needs no look-up and cannot be made up."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from kaibo.kit.errors import Forbidden, Invalid

Source = Literal["main", "backup"]
SOURCES: tuple[Source, ...] = ("main", "backup")
_ROOM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SIGN_CHARACTERS = 32


class RoomNameUnfit(Invalid):
    code = "ingest.room_name_unfit"
    message_zh = "直播间名“{room}”不能用作推流名：只能有字母、数字、- 和 _"
    message_en = "The room name {room!r} cannot name a stream: letters, digits, - and _ only"


class PushRefused(Forbidden):
    """`why` is one of: source, room, expired, signature, ended."""

    code = "ingest.push_refused"
    message_zh = "推流被拒绝：{why}。请从场次页重新复制推流码"
    message_en = "The push was refused: {why}. Copy the stream key again from the session page"


@dataclass(frozen=True, slots=True)
class StreamKey:
    """What a technician types into the encoder: `server` and `key` (OBS calls them 服务器 and 串流密钥)."""

    server: str
    key: str

    @property
    def address(self) -> str:
        return f"{self.server}/{self.key}"


def ingest_secret(secret_key: str) -> bytes:
    """This function will derive the secret that signs stream keys from the installation's secret key."""
    return hmac.new(secret_key.encode(), b"kaibo stream keys", hashlib.sha256).digest()


def issue(secret: bytes, *, rtmp_url: str, room: str, source: Source, expires_at_seconds: int) -> StreamKey:
    """This function will make the key that lets one source of one room push until `expires_at_seconds` (Unix time).   Raises: RoomNameUnfit."""
    if not _ROOM.fullmatch(room):
        raise RoomNameUnfit(room=room)
    asked = urlencode({"expires": expires_at_seconds, "sign": _sign(secret, room, source, expires_at_seconds)})
    return StreamKey(server=f"{rtmp_url}/{source}", key=f"{room}?{asked}")


def require_key(secret: bytes, said: Mapping[str, str], *, now_seconds: float) -> tuple[str, Source]:
    """
    This function will give the room and source that a push is for, from what nginx tells of it (app, name and the key's arguments).

    Raises: PushRefused.
    """
    room, source = said.get("name", ""), said.get("app", "")
    if source not in SOURCES:
        raise PushRefused(why="source")
    if not _ROOM.fullmatch(room):
        raise PushRefused(why="room")
    expires = said.get("expires", "")
    if not expires.isdecimal() or len(expires) > 12 or not expires.isascii():
        raise PushRefused(why="signature")
    if not hmac.compare_digest(_sign(secret, room, source, int(expires)).encode(), said.get("sign", "").encode()):
        raise PushRefused(why="signature")
    if int(expires) <= now_seconds:
        raise PushRefused(why="expired")
    return room, "main" if source == "main" else "backup"


def playlist_url(media_url: str, *, room: str, source: Source) -> str:
    """This function will give the address viewers play."""
    return f"{media_url}/hls/{source}/{room}.m3u8"


def _sign(secret: bytes, room: str, source: str, expires_at_seconds: int) -> str:
    said = f"{source}\n{room}\n{expires_at_seconds}".encode()
    return hmac.new(secret, said, hashlib.sha256).hexdigest()[:_SIGN_CHARACTERS]
