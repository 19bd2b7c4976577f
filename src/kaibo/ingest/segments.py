"""
What came in truth: the frames of a finished HLS segment, counted in the MPEG transport stream itself (ISO 13818-1).

nginx cuts a segment at a key frame, so the end of one segment is the moment the next key frame arrived.
"""

from __future__ import annotations

from dataclasses import dataclass

PACKET_BYTES = 188
_SYNC = 0x47
_VIDEO_STREAM_ID = range(0xE0, 0xF0)
_CLOCK_HZ = 90_000
_WRAP = 1 << 33


@dataclass(frozen=True, slots=True)
class Frames:
    """The video frames of a segment; the span runs from the first frame's time to the last one's, in 1/90,000 s."""

    count: int
    key_frames: int
    span_ticks: int

    @property
    def rate_centi(self) -> int | None:
        """Frames a second × 100, or None when there are too few to tell."""
        if self.count < 2 or self.span_ticks <= 0:
            return None
        return (self.count - 1) * _CLOCK_HZ * 100 // self.span_ticks


def frames(segment: bytes) -> Frames:
    """This function will count the video frames of a segment; what is not a transport stream has none."""
    count = key_frames = 0
    times: list[int] = []
    for start in range(0, len(segment) - PACKET_BYTES + 1, PACKET_BYTES):
        packet = segment[start : start + PACKET_BYTES]
        if packet[0] != _SYNC or not packet[1] & 0x40:  # only packets in which a frame begins
            continue
        payload, is_key = _payload(packet)
        if len(payload) < 14 or payload[:3] != b"\x00\x00\x01" or payload[3] not in _VIDEO_STREAM_ID:
            continue
        count += 1
        key_frames += is_key
        if payload[7] & 0x80:
            times.append(_timestamp(payload[9:14]))
    return Frames(count, key_frames, _span(times))


def _payload(packet: bytes) -> tuple[bytes, bool]:
    control = packet[3] >> 4 & 3
    if control == 1:
        return packet[4:], False
    if control == 3:
        length = packet[4]
        return packet[5 + length :], bool(length and packet[5] & 0x40)
    return b"", False


def _timestamp(field: bytes) -> int:
    return (field[0] >> 1 & 7) << 30 | field[1] << 22 | (field[2] >> 1) << 15 | field[3] << 7 | field[4] >> 1


def _span(times: list[int]) -> int:
    if not times:
        return 0
    first = times[0]
    ahead = [(time - first + _WRAP // 2) % _WRAP - _WRAP // 2 for time in times]
    return max(ahead) - min(ahead)
