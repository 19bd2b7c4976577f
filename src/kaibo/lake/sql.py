"""
The SQL of the figures, in DuckDB's dialect; the same statements read on any engine with window functions.

`event` is one session in one window, each client id once. `stay` is an unbroken presence of a visitor: it begins
with their first event, an `enter`, the first event after a `leave`, or after a silence longer than the limit, and
ends with its last event. Moments leave SQL as microseconds since 1970.
"""

from typing import Final

from kaibo.lake.schema import COLUMNS

_COLUMNS = ", ".join(f'"{name}"' for name in COLUMNS)

CREATE_RAW: Final = "CREATE TEMP TABLE raw ({})".format(", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items()))

READ_PARTS: Final = f"""
INSERT INTO raw BY NAME
SELECT {_COLUMNS} FROM read_parquet($parts, hive_partitioning = false, union_by_name = true)
"""

CREATE_EVENT: Final = """
CREATE TEMP TABLE event AS
SELECT * FROM raw
WHERE session = $session AND "at" >= $start AND "at" < $end
QUALIFY row_number() OVER (PARTITION BY room, id ORDER BY received_at, "at") = 1
"""

CREATE_STAY: Final = """
CREATE TEMP TABLE stay AS
WITH seen AS (
    SELECT visitor, "at", kind,
           lag("at") OVER moments AS before_at,
           lag(kind) OVER moments AS before_kind
    FROM event WHERE kind NOT IN ('order', 'pay')
    WINDOW moments AS (PARTITION BY visitor ORDER BY "at", kind = 'leave', kind <> 'enter')
), parted AS (
    SELECT *, sum(CASE WHEN before_at IS NULL OR kind = 'enter' OR before_kind = 'leave'
                         OR epoch("at") - epoch(before_at) > $silence THEN 1 ELSE 0 END)
              OVER (PARTITION BY visitor ORDER BY "at", kind = 'leave', kind <> 'enter') AS number
    FROM seen
)
SELECT visitor, number, min("at") AS starts_at, max("at") AS ends_at FROM parted GROUP BY visitor, number
"""

COUNTS: Final = "SELECT kind, count(*), count(DISTINCT visitor) FROM event GROUP BY kind ORDER BY kind"

COUNT_OF_KIND: Final = "SELECT count(*) FROM (SELECT DISTINCT room, id FROM raw WHERE session = $session AND kind = $kind)"

DWELL: Final = """
SELECT (SELECT count(DISTINCT visitor) FROM event WHERE kind IN ('enter', 'heartbeat')),
       coalesce((SELECT sum(epoch(ends_at) - epoch(starts_at)) FROM stay), 0)
"""

PEAK: Final = """
WITH step AS (
    SELECT starts_at AS moment, 1 AS change FROM stay
    UNION ALL SELECT ends_at, -1 FROM stay
), level AS (
    SELECT sum(change) OVER (ORDER BY moment, change DESC ROWS UNBOUNDED PRECEDING) AS online FROM step
)
SELECT coalesce(max(online), 0)::BIGINT FROM level
"""

INTERACTING: Final = "SELECT count(DISTINCT visitor) FROM event WHERE list_contains($kinds, kind)"

ITEMS: Final = """
SELECT item,
       count(DISTINCT visitor) FILTER (kind = 'expose'), count(*) FILTER (kind = 'expose'),
       count(DISTINCT visitor) FILTER (kind = 'click'), count(*) FILTER (kind = 'click'),
       count(DISTINCT visitor) FILTER (kind = 'cart')
FROM event WHERE item IS NOT NULL AND kind IN ('expose', 'click', 'cart')
GROUP BY item ORDER BY 2 DESC, item
"""

MINUTES: Final = """
WITH bounds AS (
    SELECT date_trunc('minute', min("at")) AS first, date_trunc('minute', max("at")) AS last FROM event
), minute AS (
    SELECT unnest(generate_series(first, last, INTERVAL 1 MINUTE)) AS starts_at FROM bounds WHERE first IS NOT NULL
), happened AS (
    SELECT date_trunc('minute', "at") AS starts_at,
           count(*) FILTER (kind = 'enter') AS entered, count(*) FILTER (kind = 'click') AS clicks
    FROM event GROUP BY 1
), present AS (
    SELECT minute.starts_at, count(DISTINCT visitor) AS online
    FROM minute JOIN stay
      ON stay.starts_at < minute.starts_at + INTERVAL 1 MINUTE AND stay.ends_at >= minute.starts_at
    GROUP BY 1
)
SELECT epoch_us(starts_at), coalesce(online, 0), coalesce(entered, 0), coalesce(clicks, 0)
FROM minute LEFT JOIN present USING (starts_at) LEFT JOIN happened USING (starts_at)
ORDER BY starts_at
"""

FUNNEL_EVENTS: Final = """
SELECT visitor, kind, epoch_us("at") FROM event WHERE list_contains($kinds, kind)
ORDER BY "at", list_position($kinds, kind)
"""
