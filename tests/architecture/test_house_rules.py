"""The house lints: the house obeys them, and each of them sees the bug it exists for."""

from __future__ import annotations

import pytest

from tools import lint

STAGE = "src/kaibo/stages/supply"


def rules_broken(path: str, text: str) -> list[str]:
    return [finding.rule for finding in lint.lint(path, text)]


def test_the_house_obeys_its_rules():
    assert [str(finding) for finding in lint.findings()] == []


def test_every_exception_still_stands_for_something_and_has_a_reason():
    for key, reason in lint.exceptions().items():
        path, rule = key.split(" ")
        assert rule in rules_broken(path, (lint.ROOT / path).read_text(encoding="utf-8")), f"no longer needed: {key}"
        assert len(reason) > 10, f"no reason: {key}"


@pytest.mark.parametrize("place", ["views", "api", "handlers", "rules", "forms", "stage", "permissions", "templatetags/supply"])
def test_rows_are_not_read_outside_queries_and_services(place):
    assert rules_broken(f"{STAGE}/{place}.py", "x = Lot.objects.get(pk=1)") == ["objects"]


@pytest.mark.parametrize("place", ["models", "queries", "services", "services/receive_lot", "shipping", "gates", "today", "jobs", "migrations/0001_first"])
def test_rows_are_read_where_they_may_be(place):
    assert rules_broken(f"{STAGE}/{place}.py", "x = Lot.objects.get(pk=1)") == []


@pytest.mark.parametrize("decorator", ["@receiver(post_save)", "@receiver", "@signals.receiver(post_save)"])
def test_signals_are_refused(decorator):
    assert rules_broken(f"{STAGE}/services.py", f"{decorator}\ndef react(): pass") == ["receiver"]


@pytest.mark.parametrize("call", ["utc_now()", "clock.utc_now()", "timezone.now()", "datetime.now(UTC)", "datetime.datetime.now()", "date.today()"])
def test_rules_and_services_do_not_read_the_clock(call):
    assert rules_broken(f"{STAGE}/services.py", f"x = {call}") == ["clock"]
    assert rules_broken(f"{STAGE}/views.py", f"x = {call}") == []


def test_a_database_function_called_now_is_no_clock_reading():
    assert rules_broken(f"{STAGE}/queries.py", "x = Now()\ny = request.now\nz = functions.Now()") == []


@pytest.mark.parametrize("code", ["price_fen: float = 0", "def pay(price_fen: float): ...", "x = price_fen / 2", "x = line.price_fen * 0.8", "x = float(price_fen)"])
def test_no_float_stands_beside_fen(code):
    assert rules_broken(f"{STAGE}/rules.py", code) == ["float-money"]


@pytest.mark.parametrize("code", ["price_fen: int = 0", "x = price_fen // 2", "x = price_fen * rate_bp // 10_000", "x = share * 0.5"])
def test_whole_numbers_of_fen_are_fine(code):
    assert rules_broken(f"{STAGE}/rules.py", code) == []


def test_a_row_lock_needs_its_reason_on_the_same_or_the_previous_line():
    assert rules_broken(f"{STAGE}/services.py", "rows = q.select_for_update()") == ["lock"]
    assert rules_broken(f"{STAGE}/services.py", "rows = q.select_for_update()  # lock: levels in key order") == []
    assert rules_broken(f"{STAGE}/services.py", "# lock: levels in key order\nrows = q.select_for_update()") == []
    assert rules_broken(f"{STAGE}/services.py", "# lock: too far away\nx = 1\nrows = q.select_for_update()") == ["lock"]


def test_own_modules_are_imported_at_the_top():
    late = "def f():\n    from kaibo.kit import money\n"
    assert rules_broken(f"{STAGE}/services.py", late) == ["late-import"]
    assert rules_broken(f"{STAGE}/services.py", "def f():\n    import duckdb\n") == []
    assert rules_broken(f"{STAGE}/services.py", "if TYPE_CHECKING:\n    from kaibo.kit import money\n") == []
    assert rules_broken("src/kaibo/cli/check.py", late) == []


def test_functions_and_files_have_a_longest_length():
    body = "    x = 1\n"
    assert rules_broken(f"{STAGE}/rules.py", "def f():\n" + body * 59) == []
    assert rules_broken(f"{STAGE}/rules.py", "def f():\n" + body * 60) == ["long-function"]
    assert rules_broken(f"{STAGE}/rules.py", "x = 1\n" * 500) == []
    assert rules_broken(f"{STAGE}/rules.py", "x = 1\n" * 501) == ["long-file"]


def test_migrations_say_what_changed():
    assert rules_broken(f"{STAGE}/migrations/0002_auto_20260101_1200.py", "") == ["migration-name"]
    assert rules_broken(f"{STAGE}/migrations/0002_lots_have_expiry.py", "") == []
