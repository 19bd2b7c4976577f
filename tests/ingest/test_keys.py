"""Stream keys: only a whole, fresh key of this room and source lets a picture in."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.ingest.keys import PushRefused, RoomNameUnfit, ingest_secret, issue, playlist_url, require_key

SECRET = ingest_secret("a secret of the installation")
NOW = 1_800_000_000


def said_of(key, **more):
    name, _, asked = key.key.partition("?")
    return {"app": key.server.rsplit("/", 1)[1], "name": name, **dict(parse_qsl(asked)), **more}


def made(room="linxia-1122", source="main", expires=NOW + 60):
    return issue(SECRET, rtmp_url="rtmp://push.example:1935", room=room, source=source, expires_at_seconds=expires)


def test_a_key_opens_its_own_room_and_source():
    assert made().address.startswith("rtmp://push.example:1935/main/linxia-1122?expires=1800000060&sign=")
    assert require_key(SECRET, said_of(made()), now_seconds=NOW) == ("linxia-1122", "main")
    assert require_key(SECRET, said_of(made(source="backup")), now_seconds=NOW) == ("linxia-1122", "backup")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"app": "backup"}, "signature"),
        ({"app": "other"}, "source"),
        ({"name": "linxia-1123"}, "signature"),
        ({"name": "../etc"}, "room"),
        ({"name": ""}, "room"),
        ({"expires": "1900000000"}, "signature"),
        ({"expires": "-1"}, "signature"),
        ({"expires": "١٨"}, "signature"),
        ({"sign": ""}, "signature"),
        ({"sign": "密"}, "signature"),
    ],
)
def test_a_key_with_anything_changed_opens_nothing(changed, why):
    with pytest.raises(PushRefused) as refused:
        require_key(SECRET, said_of(made(), **changed), now_seconds=NOW)
    assert refused.value.details["why"] == why


def test_a_key_is_good_until_its_second_and_not_longer():
    require_key(SECRET, said_of(made()), now_seconds=NOW + 59.9)
    with pytest.raises(PushRefused) as refused:
        require_key(SECRET, said_of(made()), now_seconds=NOW + 60)
    assert refused.value.details["why"] == "expired"


def test_a_key_of_another_installation_opens_nothing():
    with pytest.raises(PushRefused):
        require_key(ingest_secret("another secret"), said_of(made()), now_seconds=NOW)


@given(at=st.integers(0, 31), digit=st.sampled_from("0123456789abcdef"))
def test_every_other_signature_is_refused(at, digit):
    said = said_of(made())
    changed = said["sign"][:at] + digit + said["sign"][at + 1 :]
    if changed == said["sign"]:
        return
    with pytest.raises(PushRefused):
        require_key(SECRET, {**said, "sign": changed}, now_seconds=NOW)


@pytest.mark.parametrize("room", ["", "a b", "直播间", "a/b", "-a", "a" * 65, "a?b", "a&name=b"])
def test_a_room_whose_name_would_not_survive_an_address_gets_no_key(room):
    with pytest.raises(RoomNameUnfit):
        made(room=room)


def test_viewers_play_the_playlist_of_the_source():
    assert playlist_url("http://media.example", room="linxia-1122", source="backup") == "http://media.example/hls/backup/linxia-1122.m3u8"
