"""Real purchase histories: CDNOW (an installed package carries it) and UCI Online Retail (beside the repository)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from django.db.models import Sum

from kaibo.kit.clock import from_shanghai
from kaibo.kit.money import fen_from_text
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake.kinds import Taken
from kaibo.stages.members import queries, services
from kaibo.stages.members.models import Member, Purchase
from kaibo.stages.members.rules import Bought
from tests.corpora import packaged, shared_data
from tests.make.members import NOW

pytestmark = pytest.mark.django_db


def cdnow() -> list[Bought]:
    """CDNOW_master.txt: customer, day, number of CDs, dollars, in columns of spaces; equal rows of a day are told apart by their place."""
    told: Counter[tuple[str, ...]] = Counter()
    rows = []
    for line in packaged("lifetimes", "datasets/CDNOW_master.txt").read_text().splitlines():
        customer, day, quantity, amount = line.split()
        if not day.isdigit():
            continue  # the package writes a line of column names
        told[customer, day] += 1
        at = from_shanghai(datetime.strptime(day, "%Y%m%d"))
        rows.append(Bought(customer, at, fen_from_text(amount), int(quantity), f"{day}-{told[customer, day]}"))
    return rows


def test_cdnow_has_the_published_customers_and_transactions_and_a_quarter_brings_seven_tenths_of_the_money(shop):
    rows = cdnow()
    assert len(rows) == 69_659
    taken = Counter(outcome for start in range(0, len(rows), 10_000) for outcome in services.take_purchases(shop_id=shop.pk, platform="own", bought=rows[start : start + 10_000], now=NOW))
    assert taken == {Taken.NEW: 69_659}
    services.score(actor=KAIBO, shop_id=shop.pk, now=NOW)
    sums = queries.overview(KAIBO, shop_id=shop.pk)
    assert (sums.members, sums.purchases, sums.spent_fen) == (23_570, 69_659, sum(one.amount_fen for one in rows))
    # 11,908 of 23,570 bought only once (published); they share F1, so nobody with F1 came back.
    assert Member.objects.filter(purchases=1).count() == 11_908
    assert Member.objects.filter(frequency=1).aggregate(most=Sum("purchases"))["most"] == 11_908
    assert sums.repeat_bp == 4_948
    by_segment = {row.words.segment.value: row for row in queries.segment_rows(KAIBO, now=NOW, shop_id=shop.pk)}
    high = by_segment["high_value"]
    assert (high.members, high.share_bp, high.spent_share_bp) == (6_314, 2_679, 7_042)  # a quarter of the people, most of the money
    assert sum(row.members for row in by_segment.values()) == 23_570
    again = services.take_purchases(shop_id=shop.pk, platform="own", bought=rows[:5_000], now=NOW)
    assert set(again) == {Taken.SAME}


def test_uci_online_retail_is_read_by_its_own_columns(shop):
    import duckdb

    path = shared_data("uci_online_retail/online_retail.parquet")
    connection = duckdb.connect()
    columns = [row[0] for row in connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()]
    customer, invoice = next(c for c in columns if c.lower().replace("_", "") in {"customerid", "customer id"}), next(c for c in columns if c.lower().startswith("invoice") and "date" not in c.lower())
    date, price = next(c for c in columns if "date" in c.lower()), next(c for c in columns if "price" in c.lower())
    found = connection.execute(
        f"""SELECT CAST(CAST("{customer}" AS DOUBLE) AS BIGINT)::VARCHAR, "{invoice}"::VARCHAR, min("{date}")::VARCHAR,
                   CAST(round(sum("Quantity" * "{price}") * 100) AS BIGINT), sum("Quantity")::BIGINT
              FROM read_parquet(?) WHERE "{customer}" IS NOT NULL AND "Quantity" > 0 AND "{price}" > 0
             GROUP BY 1, 2 ORDER BY 1, 2""",
        [str(path)],
    ).fetchall()
    rows = [Bought(who, from_shanghai(datetime.fromisoformat(at[:19])), fen, units, no) for who, no, at, fen, units in found]
    for start in range(0, len(rows), 10_000):
        services.take_purchases(shop_id=shop.pk, platform="own", bought=rows[start : start + 10_000], now=NOW)
    services.score(actor=KAIBO, shop_id=shop.pk, now=NOW)
    # 4,338 customers with 18,532 invoices: the published figures of the cleaned set (cancellations and unknown customers left out).
    assert (Member.objects.count(), Purchase.objects.count()) == (4_338, 18_532)
    assert Member.objects.filter(segment="high_value").aggregate(spent=Sum("spent_fen"))["spent"] * 2 > Member.objects.aggregate(spent=Sum("spent_fen"))["spent"]
