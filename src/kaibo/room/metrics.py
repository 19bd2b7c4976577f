"""What the room counts for Prometheus. No label ever holds a visitor or a text."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

_RESULTS = (
    "claimed", "sold_out", "limit_reached", "not_on_sale", "key_reused", "repeat", "refused",
)  # fmt: skip


class Metrics:
    """The figures of one room process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        claims = Counter("kaibo_room_claims", "Claims by answer", ["result"], registry=self.registry)
        self.claims = {result: claims.labels(result) for result in _RESULTS}
        self.claim_seconds = Histogram(
            "kaibo_room_claim_seconds", "From ask to durable answer", registry=self.registry,
            buckets=(0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )  # fmt: skip
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
