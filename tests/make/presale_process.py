"""
One process that lets waiting orders go to the warehouse, one at a time, as long as there are any.

`python -m tests.make.presale_process` with the shop's settings in the environment prints as JSON how many it reserved for and what went wrong.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    import django

    django.setup()
    from kaibo.stages.orders import shipping
    from kaibo.stages.orders.models import Order
    from tests.make.goods import NOW

    shipping.MOST_ALLOCATED = 1  # so that the others have a turn at each
    waiting = Order.objects.filter(state="paid", hold_flags=[])
    told: dict[str, object] = {"reserved": 0, "errors": []}
    waiting.exists()  # the connection stands
    print("ready", flush=True)
    sys.stdin.readline()
    reserved = 0
    try:
        while waiting.exists():
            reserved += shipping.allocate_released(NOW)
    except Exception as wrong:  # said to the test, which knows what may be
        told["errors"] = [repr(wrong)]
    print(json.dumps(told | {"reserved": reserved}), flush=True)


if __name__ == "__main__":
    main()
