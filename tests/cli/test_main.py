"""What every verb has in common: help, exit codes, complaints in both languages."""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kaibo.cli import main as door
from kaibo.cli.verbs import VERBS, Verb
from kaibo.config.env import WrongSetting
from kaibo.kit.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unavailable

SOURCE = Path(__file__).resolve().parents[2] / "src"


def call(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("KAIBO_")}
    return subprocess.run(
        [sys.executable, "-P", "-m", "kaibo.cli", *arguments], cwd=cwd, text=True, capture_output=True, check=False, timeout=120,
        env={**kept, "PYTHONPATH": str(SOURCE), **environment},
    )


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_each_verb_has_a_module_with_arguments_and_run(verb):
    module = importlib.import_module(verb.module)
    assert callable(module.run)
    module.add_arguments(argparse.ArgumentParser())


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_each_verb_explains_itself_in_both_languages(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        door.main([verb.name, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert verb.zh in text
    assert verb.en in text


def test_the_overview_names_every_verb(capsys):
    assert door.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {verb.name} " in text for verb in VERBS)


def test_an_unknown_verb_is_wrong_usage(capsys):
    assert door.main(["fly"]) == 2
    assert "fly" in capsys.readouterr().err


def test_an_unknown_argument_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        door.main(["backup", "file.tar", "--fast"])
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("complaint", "code"),
    [(Invalid(), 1), (Forbidden(reason="x"), 1), (NotFound(), 1), (Conflict(), 1), (TooMany(), 1), (Unavailable(), 3), (WrongSetting(name="N", value="v", wanted="w"), 2)],
    ids=lambda value: type(value).__name__,
)
def test_each_kind_of_complaint_has_its_exit_code_and_both_languages(monkeypatch, capsys, complaint, code):
    def refuse(self, args):
        raise complaint

    monkeypatch.setattr(Verb, "run", refuse)
    assert door.main(["migrate"]) == code
    said = capsys.readouterr().err
    assert complaint.message("zh") in said
    assert complaint.message("en") in said


@pytest.mark.parametrize(
    ("name", "value"),
    [("KAIBO_CONSOLE_PORT", "eighty"), ("KAIBO_ROOM_PORT", "0"), ("KAIBO_ENV", "staging"), ("KAIBO_DATABASE_URL", "mysql://x/y"), ("KAIBO_SECRET_KEY_FILE", "/no/such/file")],
)
@pytest.mark.parametrize("verb", ["up", "check"])
def test_a_wrong_setting_is_refused_by_its_name_and_nothing_is_started(tmp_path, verb, name, value):
    done = call(verb, cwd=tmp_path, **{name: value})
    assert done.returncode == 2, done.stderr
    assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_production_refuses_to_start_without_a_secret(tmp_path):
    done = call("up", cwd=tmp_path, KAIBO_ENV="production")
    assert done.returncode == 2
    assert "KAIBO_SECRET_KEY" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    done = subprocess.run(
        f"{sys.executable} -P -m kaibo.cli --help | head -1", shell=True, cwd=tmp_path, text=True, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert done.stdout.startswith("Kaibo 开播")
    assert "Traceback" not in done.stderr
