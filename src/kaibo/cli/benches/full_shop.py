"""
What stands beside the orders in a shop that has had 100,000 of them: cases, parcels, lots, reviews, texts, notices, the trail.

The example shop has a few rows of everything; here each becomes thousands, inside the database, in seconds: a row of the example
is the pattern, its moments are moved into the past, what must be its own (keys, numbers, whose it is) is written anew. The rows are
made for reading: they prove nothing about how they came to be, and `kaibo check` is not asked about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql

LISTS = {
    "orders": "SELECT id FROM orders_order WHERE platform <> 'own' ORDER BY id",
    "sent": "SELECT id FROM orders_order o WHERE state IN ('shipped', 'completed') AND NOT EXISTS (SELECT FROM orders_shipment s WHERE s.order_id = o.id) ORDER BY id",
    "products": "SELECT id FROM catalog_product ORDER BY id",
    "skus": "SELECT id FROM catalog_sku WHERE NOT is_bundle ORDER BY id",
}
"""What rows are hung on: `{orders}` in an expression is the n-th of them, round and round."""
SPREAD_DAYS = 90
N = "g.n::text"

FILL: Sequence[tuple[str, int, str, dict[str, str]]] = (
    # table, rows for 100,000 orders, which rows of the example are the pattern, what is written anew
    ("catalog_product", 400, "true", {"code": f"'F' || {N}", "title": f"t.title || ' ' || {N}"}),
    ("catalog_sku", 1_200, "NOT is_bundle", {"code": f"'F-' || {N}", "barcode": "''", "product_id": "{products}"}),
    ("stock_lot", 4_000, "true", {"code": f"'FL' || {N}", "sku_id": "{skus}"}),
    ("stock_entry", 60_000, "true", {"key": f"'full:' || {N}"}),
    ("supply_supplier", 120, "true", {"code": f"'FS' || {N}", "name": f"t.name || {N}"}),
    ("supply_quote", 4_000, "true", {"supplier_id": "{suppliers}", "sku_id": "{skus}", "quoted_on": "current_date - (g.n / 100)::int", "is_main": "false"}),
    ("supply_purchase", 4_000, "state IN ('received', 'approved')", {"code": f"'FP' || {N}", "sku_id": "{skus}", "supplier_id": "{suppliers}", "state": "CASE WHEN g.n % 20 = 0 THEN 'approved' ELSE 'received' END"}),
    ("supply_inspection", 4_000, "state = 'passed' AND gate = 'arrival'", {"lot_id": "{lots}", "sku_id": "(SELECT sku_id FROM stock_lot WHERE id = {lots})", "purchase_id": "{purchases}", "supplier_id": "{suppliers}"}),
    ("supply_inspection", 200, "state = 'open' AND gate = 'arrival'", {"lot_id": "{lots}", "sku_id": "(SELECT sku_id FROM stock_lot WHERE id = {lots})", "purchase_id": "{purchases}", "supplier_id": "{suppliers}"}),
    ("supply_stocklock", 3_000, "true", {"reference": f"'full-lock:' || {N}", "sku_id": "{skus}", "state": "CASE WHEN g.n % 5 = 0 THEN 'open' ELSE 'released' END", "ended_at": "CASE WHEN g.n % 5 > 0 THEN t.locked_at END", "expires_at": "now() + interval '9 days'"}),
    ("supply_rollingplan", 1_000, "true", {"sku_id": "{skus}", "next_review_on": "current_date + 3", "purchase_id": "NULL"}),
    ("orders_finding", 8_000, "true", {"order_id": "{orders}", "line_id": "NULL", "field": "'address'", "reason": "'address_none'", "state": "CASE WHEN g.n % 3 = 0 THEN 'open' ELSE 'dismissed' END", "decided_at": "now()"}),
    ("orders_shipment", 40_000, "true", {"order_id": "{sent}", "tracking_no": f"'SF' || {N}"}),
    ("aftersales_case", 18_000, "state = 'closed'", {"case_no": f"'FC' || {N}", "order_id": "{orders}", "order_no": "(SELECT order_no FROM orders_order WHERE id = {orders})", "line_id": "(SELECT id FROM orders_orderline WHERE order_id = {orders} LIMIT 1)", "platform": "'douyin'"}),
    ("aftersales_case", 2_000, "state <> 'closed'", {"case_no": f"'FO' || {N}", "order_id": "{orders}", "order_no": "(SELECT order_no FROM orders_order WHERE id = {orders})", "line_id": "(SELECT id FROM orders_orderline WHERE order_id = {orders} LIMIT 1)", "platform": "'douyin'", "due_at": "now() + g.n % 50 * interval '1 hour' - interval '9 hours'"}),
    ("aftersales_caseentry", 60_000, "true", {"case_id": "{cases}"}),
    ("selection_market", 20, "true", {"title": f"t.title || {N}"}),
    ("selection_review", 60_000, "true", {"fingerprint": f"md5({N}) || md5('r' || {N})", "market_id": "{markets}"}),
    ("selection_reviewopinion", 90_000, "true", {"review_id": "{reviews}", "market_id": "(SELECT market_id FROM selection_review WHERE id = {reviews})"}),
    ("selection_reviewtheme", 60_000, "true", {"review_id": "{reviews}", "market_id": "(SELECT market_id FROM selection_review WHERE id = {reviews})"}),
    ("selection_competitor", 800, "true", {"title": f"t.title || {N}", "market_id": "{markets}"}),
    ("selection_competitorsighting", 24_000, "true", {"competitor_id": "{competitors}", "seen_on": "current_date - (g.n / 800)::int"}),
    ("selection_trendpoint", 30_000, "true", {"word": "t.word || (g.n % 600)::text", "week_on": "t.week_on - 7 * (g.n / 9000)::int"}),
    ("selection_hostsighting", 6_000, "true", {"host": "t.host || (g.n % 60)::text", "seen_on": "current_date - (g.n / 60)::int"}),
    ("selection_audiencecount", 6_000, "true", {"collected_on": "t.collected_on - g.n::int"}),
    ("selection_candidate", 400, "state IN ('scored', 'rejected')", {"code": f"'FK' || {N}", "title": f"t.title || {N}", "launch_id": "NULL", "product_id": "NULL"}),
    ("selection_brief", 100, "true", {"week_on": "t.week_on - 7 * g.n::int"}),
    ("selection_cooperation", 200, "true", {"title": f"t.title || {N}"}),
    ("compliance_screenedtext", 40_000, "true", {"product_id": "{products}", "state": "CASE WHEN g.n % 20 = 0 THEN t.state ELSE 'replaced' END"}),
    ("compliance_houseword", 5_000, "true", {"word": f"'敏感' || {N}", "plain": f"'敏感' || {N}"}),
    ("compliance_lexiconversion", 200, "true", {"number": "t.number + 1000 + 4 * g.n"}),
    ("compliance_comparedprice", 20_000, "true", {"sku_id": "{skus}", "ended_at": "CASE WHEN g.n > 1000 THEN now() - g.n * interval '9 minutes' END", "ended_by": "CASE WHEN g.n > 1000 THEN t.set_by ELSE '' END"}),
    ("compliance_document", 2_000, "true", {"number": f"'FD' || {N}", "product_id": "{products}"}),
    ("compliance_ipright", 500, "true", {"number": f"'FR' || {N}", "product_id": "{products}"}),
    ("launches_launch", 300, "true", {"title": f"t.title || {N}", "product_id": "{loose}", "state": "CASE WHEN g.n % 10 = 0 THEN 'running' ELSE 'finished' END"}),
    ("listing_listing", 400, "true", {"product_id": "{loose}"}),
    ("listing_listingversion", 4_000, "true", {"listing_id": "{listings}", "number": "100 + g.n"}),
    ("listing_dayfigures", 30_000, "true", {"listing_id": "{listings}", "day": "current_date - (g.n / 400)::int"}),
    ("listing_trial", 1_000, "true", {"listing_id": "{listings}", "state": "'stopped'"}),
    ("listing_abtest", 400, "true", {"listing_id": "{listings}", "code": f"'FT' || {N}", "state": "'ended'", "decision": "'b'", "ended_at": "now()"}),
    ("listing_hotword", 4_000, "true", {"word": f"t.word || {N}"}),
    ("listing_hotwordreading", 20_000, "true", {"word": "t.word || (g.n % 4000)::text", "day": "t.day - (g.n / 4000)::int"}),
    ("showplan_session", 300, "state = 'ended'", {"room": f"'full-' || {N}", "title": f"t.title || {N}"}),
    ("showplan_segment", 2_400, "product_id IS NOT NULL", {"product_id": "{products}", "session_id": "{sessions}", "position": "g.n"}),
    ("analytics_snapshot", 300, "true", {"session_id": "{sessions}"}),
    ("live_figuresample", 60_000, "true", {"session_id": "{sessions}", "at": "t.at - g.n * interval '7 seconds'"}),
    ("live_deskaction", 10_000, "undone_by_id IS NULL", {"session_id": "{sessions}", "key": f"'full-' || {N}", "item_id": "NULL"}),
    ("live_speechline", 10_000, "true", {"session_id": "{sessions}", "at": "t.at - g.n * interval '7 seconds'"}),
    ("live_incident", 300, "ended_at IS NOT NULL", {"key": f"'full-' || {N}"}),
    ("warmup_trackedlink", 2_000, "true", {"code": f"'f' || {N}", "session_id": "{sessions}"}),
    ("warmup_clickcount", 20_000, "true", {"link_id": "{links}", "day": "current_date - (g.n / 2000)::int"}),
    ("risk_mention", 10_000, "true", {"fingerprint": f"md5({N}) || md5('m' || {N})", "state": "CASE WHEN g.n % 50 = 0 THEN 'new' ELSE 'closed' END", "answer_by": "now() + interval '1 hour'", "answered_at": "now()", "answer": "'好'"}),
    ("notices_notice", 20_000, "true", {"key": f"'full:' || {N}"}),
    ("audit_auditrow", 100_000, "true", {"leaf": f"md5({N}) || md5('a' || {N})", "subject": "'order:' || {orders}::text"}),
    ("outbox_outboxfact", 40_000, "true", {}),
    ("intake_importrun", 1_000, "state = 'done'", {}),
    ("intake_quarantinedrow", 20_000, "true", {"run_id": "{runs}", "row_number": "1000000 + g.n"}),
)
LATER_LISTS = {
    "suppliers": "SELECT id FROM supply_supplier ORDER BY id",
    "lots": "SELECT id FROM stock_lot ORDER BY id",
    "purchases": "SELECT id FROM supply_purchase ORDER BY id",
    "cases": "SELECT id FROM aftersales_case ORDER BY id",
    "markets": "SELECT id FROM selection_market ORDER BY id",
    "reviews": "SELECT id FROM selection_review ORDER BY id",
    "competitors": "SELECT id FROM selection_competitor ORDER BY id",
    "loose": "SELECT id FROM catalog_product p WHERE NOT EXISTS (SELECT FROM launches_launch l WHERE l.product_id = p.id) AND NOT EXISTS (SELECT FROM listing_listing l WHERE l.product_id = p.id) ORDER BY id",
    "listings": "SELECT id FROM listing_listing ORDER BY id",
    "sessions": "SELECT id FROM showplan_session WHERE state = 'ended' ORDER BY id",
    "links": "SELECT id FROM warmup_trackedlink ORDER BY id",
    "runs": "SELECT id FROM intake_importrun ORDER BY id",
}
"""Lists of what the filling itself makes: read when first asked for."""
AROUND_ORDERS = """
UPDATE orders_order SET state = 'completed', shipped_at = paid_at + interval '1 day', finished_at = paid_at + interval '6 days'
 WHERE id IN (SELECT id FROM orders_order WHERE state = 'paid' AND open_findings = 0 ORDER BY id LIMIT %s)
"""
AFTER = (
    """INSERT INTO shops_channel (id, platform, name, shop_type, external_id, is_active, shop_id)
       SELECT uuidv7(), platform, '林夏的衣橱', '企业店', 'full', true, (SELECT id FROM shops_shop ORDER BY id LIMIT 1)
         FROM unnest(array['pdd', 'jd', 'kuaishou', 'xiaohongshu', 'wechat_shop', 'tiktok_shop', 'shopify']) platform ON CONFLICT DO NOTHING""",
    """INSERT INTO orders_gapreport (id, day, platform_orders, our_orders, platform_fen, our_fen, gaps, made_at, channel_id)
       SELECT uuidv7(), current_date - d, 500, 499, 5000000, 4990000, '[{"order_no": "6900000000001", "kind": "missing", "platform_fen": 9900, "our_fen": 0, "why": "平台给的内容读不懂：%(why)s", "values": {"why": "?"}}]', now() - d * interval '1 day', c.id
         FROM shops_channel c, generate_series(1, 200) d WHERE c.platform <> 'own' ON CONFLICT DO NOTHING""",
    """INSERT INTO aftersales_casegapreport (id, day, platform_cases, our_cases, platform_fen, our_fen, gaps, made_at, channel_id)
       SELECT uuidv7(), day, 40, 40, 400000, 400000, '[]', made_at, channel_id FROM orders_gapreport ON CONFLICT DO NOTHING""",
    """INSERT INTO supply_safetylevel (units, inputs, computed_at, is_below, sku_id)
       SELECT 20, '{"days": 28, "mean_milli": 1500, "deviation_milli": 900, "lead_days": 7, "service_bp": 9500, "z_milli": 1645, "units": 20}', now(), n % 40 = 0, id FROM (SELECT id, row_number() OVER () AS n FROM catalog_sku LIMIT 1000) s ON CONFLICT DO NOTHING""",
    "INSERT INTO orders_shipmentline (quantity, line_id, shipment_id) SELECT l.quantity, l.id, s.id FROM orders_shipment s JOIN orders_orderline l USING (order_id) ON CONFLICT DO NOTHING",
    """INSERT INTO orders_parceltrack (shipment_id, courier, stage, raw, last_at, last_words, is_over, is_subscribed, next_ask_at, failures, problem, trouble, owner_name, note, shop_id)
       SELECT s.id, 'shunfeng', CASE WHEN n % 4 = 0 THEN 'in_transit' ELSE 'delivered' END, '', s.shipped_at + interval '1 day', '快件已到达杭州转运中心', n % 4 > 0, false,
              NULL, 0, '', CASE WHEN n % 40 = 0 THEN 'stalled' ELSE '' END, '', '', s.shop_id
         FROM (SELECT s.*, o.shop_id, row_number() OVER () AS n FROM orders_shipment s JOIN orders_order o ON o.id = s.order_id) s ON CONFLICT DO NOTHING""",
    """INSERT INTO orders_trackstep (at, words, place, raw, source, digest, shipment_id)
       SELECT s.shipped_at + k * interval '6 hours', '快件已发往下一站', '杭州', '', 'shunfeng', left(md5(s.id::text || k), 16), s.id FROM orders_shipment s, generate_series(1, 3) k ON CONFLICT DO NOTHING""",
    "INSERT INTO stock_level (bucket, quantity, sku_id, lot_id, warehouse_id) SELECT 'sellable', 60, l.sku_id, l.id, (SELECT id FROM stock_warehouse ORDER BY code LIMIT 1) FROM stock_lot l ON CONFLICT DO NOTHING",
    """INSERT INTO stock_line (bucket, delta, entry_id, sku_id, lot_id, warehouse_id)
       SELECT b.bucket, b.delta, e.id, l.sku_id, l.id, (SELECT id FROM stock_warehouse ORDER BY code LIMIT 1)
         FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM stock_entry WHERE key LIKE 'full:%') e
         JOIN (SELECT id, sku_id, row_number() OVER (ORDER BY id) AS n FROM stock_lot) l ON l.n = e.n % (SELECT count(*) FROM stock_lot) + 1
         CROSS JOIN (VALUES ('supplier', -1), ('sellable', 1)) b (bucket, delta)""",
    """INSERT INTO supply_stockcount (id, code, is_blind, state, variance_fen, opened_at, handed_in_at, decided_at, reason, shop_id, warehouse_id)
       SELECT uuidv7(), 'FC' || n, false, CASE WHEN n = 1 THEN 'waiting' ELSE 'posted' END, 1000, now() - n * interval '1 day', now() - n * interval '1 day',
              CASE WHEN n > 1 THEN now() - n * interval '1 day' END, '', (SELECT id FROM shops_shop LIMIT 1), (SELECT id FROM stock_warehouse ORDER BY code LIMIT 1)
         FROM generate_series(1, 100) n ON CONFLICT DO NOTHING""",
    """INSERT INTO supply_stockcountline (counted, book_units, counted_by, counted_at, count_id, lot_id, sku_id)
       SELECT 59, 60, '', now(), c.id, l.id, l.sku_id FROM supply_stockcount c, (SELECT * FROM stock_lot LIMIT 800) l ON CONFLICT DO NOTHING""",
    """INSERT INTO room.messages (message, room, visitor, nickname, text, verdict, hits, sent_at, decided_at, is_shown, is_question, speaker, lexicon)
       SELECT uuidv7(), m.room, m.visitor, m.nickname, m.text, m.verdict, m.hits, m.sent_at - n * interval '1 second', m.decided_at, m.is_shown, m.is_question, m.speaker, m.lexicon
         FROM room.messages m, generate_series(1, 2000) n""",
)


def fill(cursor: Any, orders: int) -> int:
    """This function will fill the example shop to the size that belongs to so many orders, and say how many rows it wrote."""
    share = orders / 100_000
    cursor.execute("SET session_replication_role = replica")  # keys are right by construction: 2 million checks would take longer than the rows
    cursor.execute(AROUND_ORDERS, (int(30_000 * share),))
    known: set[str] = set()
    written = 0
    for table, rows, pattern, anew in FILL:
        for name in {**LISTS, **LATER_LISTS}:
            if name not in known and any("{" + name + "}" in words for words in anew.values()):
                known.add(name)
                cursor.execute(f"CREATE TEMP TABLE list_{name} AS SELECT row_number() OVER () - 1 AS at, id FROM ({({**LISTS, **LATER_LISTS})[name]}) l")
                cursor.execute(f"CREATE UNIQUE INDEX ON list_{name} (at)")
                cursor.execute(f"ANALYZE list_{name}")
        written += _multiply(cursor, table, max(1, int(rows * share)), pattern, anew)
    for statement in AFTER:
        cursor.execute(statement)
        written += cursor.rowcount
    cursor.execute("RESET session_replication_role")
    return written


def _multiply(cursor: Any, table: str, rows: int, pattern: str, anew: dict[str, str]) -> int:
    cursor.execute("SELECT attname, format_type(atttypid, NULL), attidentity <> '' FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum", (table,))
    columns, values = [], []
    for name, kind, is_counted in cursor.fetchall():
        if is_counted:
            continue
        columns.append(sql.Identifier(name))
        if name in anew:
            values.append(sql.SQL(_with_lists(anew[name])))
        elif name == "id" and kind == "uuid":
            values.append(sql.SQL("uuidv7()"))
        elif kind == "timestamp with time zone":
            values.append(sql.SQL("t.{} - g.n * interval '{} seconds'").format(sql.Identifier(name), sql.SQL(str(SPREAD_DAYS * 86_400 // rows))))
        else:
            values.append(sql.SQL("t.{}").format(sql.Identifier(name)))
    cursor.execute("SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'u' AND condeferrable)", (table,))
    twice = sql.SQL("") if cursor.fetchone()[0] else sql.SQL("ON CONFLICT DO NOTHING")  # a row that would be there twice is left out
    cursor.execute(
        sql.SQL(
            "WITH p AS MATERIALIZED (SELECT row_number() OVER () - 1 AS pattern_at, * FROM {table} WHERE {pattern}) "
            "INSERT INTO {table} ({columns}) SELECT {values} FROM generate_series(1, {rows}) g (n) JOIN p t ON t.pattern_at = g.n % (SELECT count(*) FROM p) {twice}"
        ).format(twice=twice, table=sql.Identifier(table), pattern=sql.SQL(pattern), columns=sql.SQL(", ").join(columns), values=sql.SQL(", ").join(values), rows=sql.Literal(rows))
    )
    return int(cursor.rowcount)


def _with_lists(words: str) -> str:
    for name in {**LISTS, **LATER_LISTS}:
        words = words.replace("{" + name + "}", f"(SELECT id FROM list_{name} WHERE at = g.n % (SELECT count(*) FROM list_{name}))")
    return words
