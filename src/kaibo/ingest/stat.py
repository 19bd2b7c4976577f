"""What nginx tells of its streams, read from its statistics page."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from kaibo.ingest.keys import SOURCES, Source
from kaibo.kit.errors import Unavailable


class StatUnreadable(Unavailable):
    code = "ingest.stat_unreadable"
    message_zh = "读不懂 nginx 的推流统计：{reason}"
    message_en = "The statistics of nginx cannot be read: {reason}"


@dataclass(frozen=True, slots=True)
class Push:
    """An encoder that pushes into a room right now. `frame_rate` is what it promised, not what came."""

    room: str
    source: Source
    bytes_in: int
    open_ms: int
    width: int
    height: int
    frame_rate: int


def pushes(xml: bytes) -> list[Push]:
    """This function will give every push of a statistics page; streams nobody pushes are left out.   Raises: StatUnreadable."""
    try:
        root = ET.fromstring(xml)  # noqa: S314  it comes from our own nginx over a socket of our own folder
    except ET.ParseError as broken:
        raise StatUnreadable(reason=str(broken)) from broken
    found = []
    for application in root.iter("application"):
        source = application.findtext("name", "")
        for stream in application.iter("stream"):
            if source not in SOURCES or stream.find("publishing") is None:
                continue
            found.append(
                Push(
                    room=stream.findtext("name", ""),
                    source="main" if source == "main" else "backup",
                    bytes_in=_number(stream, "bytes_in"),
                    open_ms=_number(stream, "time"),
                    width=_number(stream, "meta/video/width"),
                    height=_number(stream, "meta/video/height"),
                    frame_rate=_number(stream, "meta/video/frame_rate"),
                )
            )
    return found


def _number(stream: ET.Element, path: str) -> int:
    text = stream.findtext(path, "0").strip()
    whole = text.split(".")[0]
    return int(whole) if whole.isdecimal() else 0
