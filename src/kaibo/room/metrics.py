"""What the room counts for Prometheus. No label ever holds a visitor or a text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

_BOUNDS_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_RESULTS = ("claimed", "sold_out", "limit_reached", "not_on_sale", "key_reused", "repeat", "refused")


class ClaimTally(Collector):
    """Counts claims in plain numbers; the library's locked counters would cost more than the rest of the door."""

    def __init__(self) -> None:
        self._results = dict.fromkeys(_RESULTS, 0)
        self._in_bucket = [0] * (len(_BOUNDS_SECONDS) + 1)
        self._sum_seconds = 0.0

    def answered(self, result: str, seconds: float) -> None:
        """This function will count an answer of the ledger and how long it took."""
        self._results[result] += 1
        self._in_bucket[bisect_left(_BOUNDS_SECONDS, seconds)] += 1
        self._sum_seconds += seconds

    def refused(self) -> None:
        """This function will count an ask that did not come to the ledger."""
        self._results["refused"] += 1

    def collect(self) -> Iterator[Metric]:
        counted = CounterMetricFamily("kaibo_room_claims", "Claims by answer", labels=["result"])
        for result, count in self._results.items():
            counted.add_metric([result], count)
        yield counted
        buckets, so_far = [], 0
        for bound, count in zip([*map(str, _BOUNDS_SECONDS), "+Inf"], self._in_bucket, strict=True):
            so_far += count
            buckets.append((bound, so_far))
        took = HistogramMetricFamily("kaibo_room_claim_seconds", "From ask to durable answer")
        took.add_metric([], buckets, self._sum_seconds)
        yield took


class Metrics:
    """The figures of one room process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.claims = ClaimTally()
        self.registry.register(self.claims)
        self.waiting = Gauge("kaibo_room_claims_waiting", "Asks in the queue", registry=self.registry)
        self.batches = Gauge("kaibo_room_claim_batches_total", "Committed batches", registry=self.registry)
        self.viewers = Gauge("kaibo_room_viewers", "Open streams", ["room"], registry=self.registry)
        self.slow_readers = Gauge(
            "kaibo_room_slow_readers_total", "Readers told to resume", ["room"], registry=self.registry
        )
        self.chat_dropped = Gauge(
            "kaibo_room_chat_dropped_total", "Messages not shown", ["room"], registry=self.registry
        )
        self.messages = Counter("kaibo_room_messages", "Messages by verdict", ["verdict"], registry=self.registry)
        self.events = Counter("kaibo_room_events", "Behaviour events by fate", ["fate"], registry=self.registry)

    def text(self) -> bytes:
        return generate_latest(self.registry)
