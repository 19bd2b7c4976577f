"""
The example shop's cashier: pays most of the orders viewers make, as they would on their phones, and gives an address.

The room's own payment comes with the payment channels; until then this stands in for the buyers' side, through the
same service a payment callback will call: `python -m kaibo.demo.cashier`.
"""

from __future__ import annotations

import signal
import threading
from datetime import datetime

from kaibo.config import logs
from kaibo.config.setup import django_ready

django_ready()  # a program of its own: models can only be imported once Django is up

from kaibo.demo.buyers import buyer  # noqa: E402
from kaibo.kit.clock import utc_now  # noqa: E402
from kaibo.kit.errors import KaiboError  # noqa: E402
from kaibo.plumbing.access.actor import KAIBO  # noqa: E402
from kaibo.stages.orders import services  # noqa: E402
from kaibo.stages.orders.models import Order  # noqa: E402
from kaibo.stages.orders.rules import State  # noqa: E402

ONE_IN_THAT_NEVER_PAYS = 12
MOST_AT_ONCE = 40


def pay_waiting(now: datetime) -> int:
    """This function will pay what waits for payment and give how many orders were paid."""
    paid = 0
    for order in Order.objects.filter(platform="own", state=State.PENDING_PAYMENT.value).order_by("pk")[:MOST_AT_ONCE]:
        number = order.pk.int % 1_000_003
        if number % ONE_IN_THAT_NEVER_PAYS == 0:
            continue
        name, phone, address = buyer(number)
        try:
            services.record_payment(
                actor=KAIBO, order_id=order.pk, paid_fen=order.amount_fen, payment_no=f"demo-{order.pk}", paid_at=now, now=now
            )
            services.set_receiver(actor=KAIBO, order_id=order.pk, name=name, phone=phone, address=address, now=now)
        except KaiboError:
            continue
        paid += 1
    return paid


def main() -> int:
    """This function will pay every few seconds until it is told to stop."""
    logs.set_up()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    while not stopping.wait(4):
        pay_waiting(utc_now())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
