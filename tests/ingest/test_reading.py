"""What nginx and its segments tell: streams of the statistics page, frames of a transport stream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.ingest.segments import PACKET_BYTES, Frames, frames
from kaibo.ingest.stat import Push, StatUnreadable, pushes

PAGE = b"""<?xml version="1.0" encoding="utf-8" ?><rtmp><server>
<application><name>main</name><live>
<stream><name>linxia-1122</name><time>8477</time><bw_in>0</bw_in><bytes_in>1376047</bytes_in>
<client><id>1</id><time>8659</time><dropped>0</dropped><publishing/><active/></client>
<meta><video><width>640</width><height>360</height><frame_rate>29.97</frame_rate></video></meta><publishing/><active/></stream>
<stream><name>only-watched</name><time>1</time><bytes_in>5</bytes_in></stream></live></application>
<application><name>backup</name><live><stream><name>linxia-1122</name><bytes_in></bytes_in><publishing/></stream></live></application>
<application><name>other</name><live><stream><name>x</name><publishing/></stream></live></application>
</server></rtmp>"""


def test_the_page_names_every_push_of_both_sources_and_nobody_else():
    assert pushes(PAGE) == [
        Push("linxia-1122", "main", 1_376_047, 8477, 640, 360, 29),
        Push("linxia-1122", "backup", 0, 0, 0, 0, 0),
    ]


def test_half_a_page_is_said_to_be_unreadable():
    with pytest.raises(StatUnreadable):
        pushes(PAGE[:-20])


def stamp(ticks, marker=0x20):
    return bytes([marker | ticks >> 29 & 0x0E | 1, ticks >> 22 & 0xFF, ticks >> 14 & 0xFE | 1, ticks >> 7 & 0xFF, ticks << 1 & 0xFE | 1])


def frame(ticks, *, is_key=False, stream=0xE0):
    """One frame in one packet, with the random access mark on key frames, as nginx writes them."""
    header = b"\x00\x00\x01" + bytes([stream]) + b"\x00\x00\x80\x80\x05" + stamp(ticks)
    room = PACKET_BYTES - 4 - 1 - len(header)
    return b"\x47\x41\x00\x30" + bytes([room, 0x40 if is_key else 0]) + b"\xff" * (room - 1) + header


def more():
    """A packet that goes on with a frame that began before."""
    return b"\x47\x01\x00\x10" + b"\x00" * (PACKET_BYTES - 4)


def segment(count, *, first=0, step=3600):
    return b"".join(frame((first + n * step) % (1 << 33), is_key=n == 0) + more() for n in range(count))


def test_fifty_frames_of_a_fortieth_second_are_25_a_second():
    found = frames(segment(50))
    assert found == Frames(50, 1, 49 * 3600)
    assert found.rate_centi == 2500


def test_sound_is_not_counted_as_frames():
    assert frames(segment(3) + frame(99, stream=0xC0)).count == 3


@given(count=st.integers(2, 60), first=st.integers(0, (1 << 33) - 1), step=st.integers(1, 9000))
def test_the_span_is_right_across_the_end_of_the_33_bit_clock(count, first, step):
    assert frames(segment(count, first=first, step=step)) == Frames(count, 1, (count - 1) * step)


@given(st.binary(max_size=600))
def test_whatever_a_file_holds_reading_it_ends(content):
    assert frames(content).count >= 0


def test_frames_out_of_order_have_the_same_span():
    assert frames(frame(0) + frame(10800) + frame(3600) + frame(7200)).span_ticks == 10800


def test_one_frame_has_no_rate():
    assert frames(segment(1)).rate_centi is None
