"""
The SQL of matching, in DuckDB's dialect.

`tail` gives every pair an upper bound of Fisher's exact tail: its first term and the geometric series of the ratio that follows, which only
falls from there. The bound never lies below the exact chance, so what it names is named rightly; a million pairs cost a second.
"""

from typing import Final

HELD: Final = """
CREATE OR REPLACE TEMP TABLE held AS
SELECT basket, item, sum(margin_fen)::BIGINT AS margin_fen FROM line WHERE $1::TIMESTAMP IS NULL OR sold_at < $1 GROUP BY basket, item
"""

OFTEN: Final = """
SELECT item, count(*), floor(sum(least(margin_fen, most)) / count(*))::BIGINT
FROM held JOIN (SELECT item, quantile_disc(margin_fen, 0.95) AS most FROM held GROUP BY item) USING (item)
GROUP BY item HAVING count(*) >= $1 ORDER BY item
"""
"""What one basket earns by an item; the dearest twentieth counts as the one before it, or one wholesaler decides what everybody is shown."""

NARROW: Final = """
CREATE OR REPLACE TEMP TABLE narrow AS
WITH often AS (SELECT item, count(*) AS baskets FROM held GROUP BY item HAVING count(*) >= $1),
     numbered AS (SELECT item, baskets, row_number() OVER (ORDER BY item)::SMALLINT AS n FROM often),
     keyed AS (SELECT basket, row_number() OVER ()::INTEGER AS k FROM held GROUP BY basket)
SELECT k, n, item, baskets FROM held JOIN numbered USING (item) JOIN keyed USING (basket)
"""

COUNTED: Final = """
CREATE OR REPLACE TEMP TABLE counted AS
WITH short AS (SELECT k, n FROM narrow), named AS (SELECT DISTINCT n, item, baskets FROM narrow)
SELECT a.item AS a, b.item AS b, together, a.baskets AS with_a, b.baskets AS with_b FROM (
    SELECT x.n AS an, y.n AS bn, count(*) AS together FROM short x JOIN short y ON x.k = y.k AND x.n < y.n GROUP BY 1, 2 HAVING count(*) >= $1
) JOIN named a ON a.n = an JOIN named b ON b.n = bn
"""

TAIL: Final = """
CREATE OR REPLACE TEMP TABLE tail AS
WITH term AS (
    SELECT *, lgamma(with_a + 1) + lgamma({baskets} - with_a + 1) + lgamma(with_b + 1) + lgamma({baskets} - with_b + 1) - lgamma({baskets} + 1)
              - lgamma(together + 1) - lgamma(with_a - together + 1) - lgamma(with_b - together + 1) - lgamma({baskets} - with_a - with_b + together + 1) AS log,
           (with_a - together)::DOUBLE * (with_b - together) / ((together + 1) * ({baskets} - with_a - with_b + together + 1)) AS ratio
    FROM counted WHERE together * {baskets} > with_a * with_b
)
SELECT a, b, together, with_a, with_b, CASE WHEN ratio >= 1 THEN 1.0 ELSE least(1.0, exp(greatest(log, -740)) / (1 - ratio)) END AS p FROM term
"""

NAMED: Final = """
CREATE OR REPLACE TEMP TABLE named AS
WITH ranked AS (SELECT p, row_number() OVER (ORDER BY p) AS rank FROM tail),
     line AS (SELECT max(p) AS line FROM ranked WHERE p * {tests} * 10000 <= rank * {false_bp})
SELECT tail.* FROM tail, line WHERE p <= line
"""

OF_ITEMS: Final = "SELECT a, b, together, with_a, with_b, p FROM named WHERE a IN (SELECT unnest($1)) OR b IN (SELECT unnest($1)) ORDER BY a, b"
