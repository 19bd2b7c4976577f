"""`./kaibo draw verify`: exit 0 when everything holds, 1 with the reasons in words."""

from __future__ import annotations

import json

from kaibo.cli.main import main
from kaibo.kit import draws
from tests.make.draws import make_published

TOLD = make_published(absent=(1,))


def verify(tmp_path, capsys, text: bytes, *more: str):
    path = tmp_path / "draw.json"
    path.write_bytes(text)
    code = main(["draw", "verify", str(path), *more])
    return code, *capsys.readouterr()


def test_a_published_draw_is_proved(tmp_path, capsys):
    code, out, said = verify(tmp_path, capsys, draws.canonical(TOLD), "--json", "--commitment", TOLD["commitment"])
    assert (code, json.loads(out)) == (0, {"ok": True, "reasons": [], "draw": "d-1", "entrants": 20, "winners": 1})
    assert "见证人1" in said


def test_a_changed_one_is_refused_in_words(tmp_path, capsys):
    code, _out, said = verify(tmp_path, capsys, draws.canonical(TOLD).replace("奖品1".encode(), "奖品2".encode()))
    assert code == 1
    assert "规则与冻结时公布的规则指纹不符" in said
    code, out, _said = verify(tmp_path, capsys, draws.canonical(TOLD), "--json", "--commitment", "0" * 64)
    assert (code, json.loads(out)["reasons"]) == (1, ["commitment_not_announced"])
    assert verify(tmp_path, capsys, b"nonsense")[0] == 1


def test_a_missing_file_is_said(tmp_path, capsys):
    assert main(["draw", "verify", str(tmp_path / "none.json")]) == 1
    assert "none.json" in capsys.readouterr().err
