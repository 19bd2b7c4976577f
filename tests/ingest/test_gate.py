"""The gate nginx asks: a good key of an open room gets in, whatever else is posted stays out."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlencode

import httpx
import pytest

from kaibo.ingest.configuration import FolderUnfit, Layout, written
from kaibo.ingest.gate import Figures, gate
from kaibo.ingest.keys import ingest_secret, issue

SECRET = ingest_secret("secret")


def asked(body, *, standing="open", path="/publish"):
    """Post what nginx would post and give the status."""
    figures = Figures()

    async def stands(room):
        return standing

    async def play():
        application = gate(secret=SECRET, standing=stands, is_well=lambda: True, figures=figures)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://gate") as http:
            answer = await http.post(path, content=body, headers={"content-type": "application/x-www-form-urlencoded"})
            return answer.status_code, (await http.get("/metrics")).text

    return asyncio.run(play())


def posted(room="linxia-1122", key_of="linxia-1122", more=""):
    key = issue(SECRET, rtmp_url="rtmp://x", room=key_of, source="main", expires_at_seconds=int(time.time()) + 60)
    return urlencode({"app": "main", "call": "publish", "name": room, "type": "live"}) + "&" + key.key.partition("?")[2] + more


def test_a_good_key_of_an_open_room_gets_in():
    assert asked(posted())[0] == 200


def test_a_key_of_another_room_is_turned_away_and_counted():
    status, metrics = asked(posted(room="linxia-1122", key_of="other"))
    assert status == 403
    assert 'kaibo_ingest_refused_pushes_total{why="signature"} 1.0' in metrics


def test_a_second_name_hidden_in_the_key_does_not_open_the_first_room():
    """nginx pushes into `name`; an encoder that adds `name=other` to its key must not be looked up under the other."""
    assert asked(posted(room="linxia-1122", key_of="other", more="&name=other"))[0] == 403
    assert asked("name=other&" + posted(room="linxia-1122", key_of="other"))[0] == 403


@pytest.mark.parametrize(("standing", "status"), [("ended", 403), ("unknown", 403), ("open", 200), ("database_away", 200)])
def test_the_rooms_standing_decides_and_the_show_goes_on_without_the_database(standing, status):
    assert asked(posted(), standing=standing)[0] == status


@pytest.mark.parametrize("body", ["", "&&&=", "name=%ff%fe", "a" * 20_000, "app=main&name=linxia-1122"])
def test_nonsense_is_turned_away(body):
    assert asked(body)[0] == 403


def layout(folder, **more):
    return Layout(folder=folder, module=folder / "rtmp.so", bind="127.0.0.1", rtmp_port=1, media_port=2, gate_port=3, socket=folder / "s", **more)


def test_viewers_cannot_play_by_rtmp_and_every_push_is_asked_for(tmp_path):
    text = written(layout(tmp_path))
    assert text.count("on_publish http://127.0.0.1:3/publish;") == 2
    assert text.count("deny play all;") == 2
    assert "user " not in text.replace("# runs as whoever started it", "")
    assert "user root;" in written(layout(tmp_path, user="root"))


def test_a_folder_that_would_end_a_line_of_the_configuration_is_refused(tmp_path):
    with pytest.raises(FolderUnfit):
        written(layout(tmp_path / 'a"; include "b'))
