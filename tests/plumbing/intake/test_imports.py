"""Whole imports on a real database: good rows in, bad rows waiting, the same file twice, corrections."""

from __future__ import annotations

import pytest

from kaibo.kit.errors import Forbidden
from kaibo.plumbing.intake import engine, queries, services
from kaibo.plumbing.intake.models import ImportRun, QuarantinedRow
from kaibo.plumbing.vault.models import SubjectKey
from tests.plumbing.intake.conftest import ALICE, HEADER, NOW, OTHER_SHOP, SHOP, counts, csv_bytes, import_bytes, person
from tests.plumbing.intake.kinds import contents

pytestmark = pytest.mark.django_db
GOOD = '"\t6917000000000000001",羊毛大衣,"¥1,299.00",1,13812345678,2026-11-22 20:00:00'
BAD = "6917000000000000002,围巾,二十八元,2,13812345679,2026-11-22 20:01:00"
THIRD = "6917000000000000003,毛衣,28.90,3,-,-"


def test_a_bad_row_waits_and_the_rows_around_it_are_taken(parcels):
    run = import_bytes(csv_bytes(GOOD, BAD, THIRD))
    assert counts(run) == (3, 2, 0, 0, 1)
    assert contents() == [
        ("6917000000000000001", "羊毛大衣", 129900, 1, "13812345678"),
        ("6917000000000000003", "毛衣", 2890, 3, None),
    ]
    (row,) = queries.waiting_rows(run)
    assert row.row_number == 3
    assert [(r["code"], r["column"]) for r in row.reasons] == [("intake.not_amount", "paid_fen")]
    assert row.cells == ["6917000000000000002", "围巾", "二十八元", "2", "", "2026-11-22 20:01:00"]


def test_personal_cells_of_a_waiting_row_are_encrypted_and_nothing_else_is(parcels):
    import_bytes(csv_bytes(BAD))
    row = QuarantinedRow.objects.get()
    assert b"13812345679" not in bytes(row.sealed)
    assert "13812345679" not in str(row.cells)
    assert SubjectKey.objects.filter(pk=row.subject_id).exists()


def test_the_same_file_twice_changes_nothing_and_nobody_corrects_a_row_twice(parcels):
    first = import_bytes(csv_bytes(GOOD, BAD, THIRD))
    before = contents()
    second = import_bytes(csv_bytes(GOOD, BAD, THIRD))
    assert counts(second) == (3, 0, 0, 2, 1)
    assert contents() == before
    assert QuarantinedRow.objects.count() == 1
    assert QuarantinedRow.objects.get().run_id == second.pk
    assert queries.waiting_rows(first).count() == 0


def test_two_equal_bad_rows_of_one_file_wait_each_for_itself(parcels):
    run = import_bytes(csv_bytes(BAD, BAD))
    again = import_bytes(csv_bytes(BAD, BAD))
    assert counts(run) == counts(again) == (2, 0, 0, 0, 2)
    assert sorted(QuarantinedRow.objects.values_list("run_id", "row_number")) == [(again.pk, 2), (again.pk, 3)]


def test_a_key_that_comes_twice_in_a_file_is_taken_in_order(parcels):
    newer = GOOD.replace("1,299.00", "1,199.00")
    run = import_bytes(csv_bytes(GOOD, newer, newer))
    assert counts(run) == (3, 1, 1, 1, 0)
    assert contents()[0][2] == 119900


def test_a_row_that_breaks_a_constraint_does_not_take_its_batch_with_it(parcels):
    broken = "6917000000000000004,大衣,1.00,1000,,"
    run = import_bytes(csv_bytes(GOOD, broken, THIRD))
    assert counts(run) == (3, 2, 0, 0, 1)
    (row,) = queries.waiting_rows(run)
    assert row.reasons[0]["code"] == "intake.row_failed"
    assert "test_parcels_quantity_check" in row.reasons[0]["zh"]


def test_a_rule_of_the_kind_refuses_one_row_with_its_column_and_proposal(parcels):
    run = import_bytes(csv_bytes(GOOD, "6917000000000000005,违禁品,1.00,1,,"))
    assert counts(run) == (2, 1, 0, 0, 1)
    assert queries.waiting_rows(run)[0].reasons == [
        {"code": "parcels.forbidden", "zh": "违禁品不能导入", "en": "Forbidden goods", "column": "goods", "proposed": "普通商品"}
    ]


def test_a_corrected_row_is_taken_at_once_and_its_secret_is_dropped(parcels):
    run = import_bytes(csv_bytes(BAD))
    row = QuarantinedRow.objects.get()
    still_wrong = services.correct_row(actor=ALICE, row_id=row.pk, cells={2: "28.905"}, now=NOW)
    assert [reason.code for reason in still_wrong.reasons] == ["intake.not_amount"]
    assert QuarantinedRow.objects.get().cells[2] == "28.905"
    done = services.correct_row(actor=ALICE, row_id=row.pk, cells={2: "28.90"}, now=NOW)
    assert done.taken == "new"
    assert contents() == [("6917000000000000002", "围巾", 2890, 2, "13812345679")]
    row.refresh_from_db()
    assert (row.state, row.sealed, row.settled_by) == ("corrected", None, "小仓")
    assert queries.waiting_rows(run).count() == 0


def test_a_settled_row_cannot_be_corrected_again(parcels):
    import_bytes(csv_bytes(BAD))
    row = QuarantinedRow.objects.get()
    services.correct_row(actor=ALICE, row_id=row.pk, cells={2: "1"}, now=NOW)
    with pytest.raises(queries.RowUnknown):
        services.correct_row(actor=ALICE, row_id=row.pk, cells={2: "2"}, now=NOW)
    assert contents()[0][2] == 100


def test_discarding_needs_a_reason_and_keeps_the_row_as_evidence(parcels):
    run = import_bytes(csv_bytes(BAD))
    row = QuarantinedRow.objects.get()
    with pytest.raises(services.DiscardReasonMissing):
        services.discard_rows(actor=ALICE, run_id=run.pk, row_ids=[row.pk], reason=" ", now=NOW)
    assert QuarantinedRow.objects.get().state == "waiting"
    assert services.discard_rows(actor=ALICE, run_id=run.pk, row_ids=[row.pk], reason="测试单", now=NOW) == 1
    row.refresh_from_db()
    assert (row.state, row.discard_reason, row.sealed) == ("discarded", "测试单", None)


@pytest.mark.parametrize(
    ("actor", "allowed"),
    [
        (ALICE, True),
        (person("intake:run:see", "parcels:file:import", shop=None), True),
        (person("intake:run:see"), False),
        (person(), False),
        (person("intake:run:see", "parcels:file:import", shop=OTHER_SHOP), False),
    ],
    ids=["own shop", "all shops", "may only look", "nobody", "other shop"],
)
def test_who_may_import_correct_and_discard(parcels, actor, allowed):
    run = import_bytes(csv_bytes(BAD))
    row = QuarantinedRow.objects.get()
    runs, keys = ImportRun.objects.count(), SubjectKey.objects.count()
    attempts = [
        lambda: services.start_import(actor=actor, kind_key="parcels", chunks=[b"x"], file_name="x.csv", platform="", shop_id=SHOP, now=NOW),
        lambda: services.discard_rows(actor=actor, run_id=run.pk, row_ids=[], reason="x", now=NOW),
        lambda: services.correct_row(actor=actor, row_id=row.pk, cells={2: "1.00"}, now=NOW),
    ]
    for attempt in attempts:
        if allowed:
            attempt()
        else:
            with pytest.raises((Forbidden, queries.RunUnknown, queries.RowUnknown)):
                attempt()
    row.refresh_from_db()
    if allowed:
        assert (ImportRun.objects.count(), row.state, len(contents())) == (runs + 1, "corrected", 1)
    else:
        assert (ImportRun.objects.count(), row.state, contents(), SubjectKey.objects.count()) == (runs, "waiting", [], keys)


def test_a_missing_column_is_named_and_a_persons_word_is_remembered(parcels):
    content = "单号,货名,实收\n1,大衣,5.00\n".encode()
    run = import_bytes(content)
    assert run.state == "unmapped"
    assert run.error["zh"] == "缺少必需的列：主订单编号、选购商品、订单应付金额。最像表头的是第 1 行：单号、货名、实收"
    mapping = {"order_no": "单号", "goods": "货名", "paid_fen": "实收"}
    services.choose_columns(actor=ALICE, run_id=run.pk, mapping=mapping, now=NOW)
    assert counts(engine.run_import(run.pk, clock=lambda: NOW)) == (1, 1, 0, 0, 0)
    assert counts(import_bytes(content)) == (1, 0, 0, 1, 0)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "intake.spreadsheet_empty"),
        (b"%PDF-1.7 not a table", "intake.not_a_spreadsheet"),
        (b"PK\x03\x04 broken zip", "intake.spreadsheet_broken"),
        (b"\xff\xfe\x00", "intake.unknown_encoding"),
    ],
)
def test_a_file_that_is_no_table_fails_as_a_whole_with_words(parcels, content, code):
    run = import_bytes(content)
    assert (run.state, run.error["code"], run.rows_read) == ("failed", code, 0)
    assert contents() == []


def test_the_file_name_tells_when_the_platform_wrote_it(parcels):
    run = import_bytes(csv_bytes(GOOD), name="1790000000_抖店订单.csv")
    assert run.file_exported_at.isoformat() == "2026-09-21T14:13:20+00:00"
    assert HEADER.split(",") == run.header
