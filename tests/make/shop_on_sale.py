"""
A shop in the middle of a live session, made through the services in the database the settings name.

`python -m tests.make.shop_on_sale UNITS` prints the room and the item on sale as JSON.
"""

from __future__ import annotations

import json
import sys


def put_on_sale(units: int) -> dict[str, str]:
    from tests.make.live import make_item_on_sale
    from tests.make.people import make_actor, make_shop

    item = make_item_on_sale(make_actor("alice", "owner"), make_shop(), quantity=units, stock=units)
    return {"room": item.session.room, "item": str(item.pk)}


if __name__ == "__main__":
    from kaibo.config.setup import django_ready

    django_ready()
    print(json.dumps(put_on_sale(int(sys.argv[1]))))
