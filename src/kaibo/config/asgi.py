"""The console as an ASGI application."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaibo.config.settings")

from django.core.asgi import get_asgi_application
from django.db import connections

MOST_CONNECTIONS = 24
"""Pages answered at the same moment; the room and the work processes need places too."""

application = get_asgi_application()


def pool_connections() -> None:
    """
    This function will let pages take their database connections from a pool and give them back; before the first one is opened.

    Under ASGI each request runs in a thread of its own: a connection kept by the thread serves nobody afterwards and waits for the
    collector, which walks seldom (`standing`) – some hundred pages held all of the database's places, and claims and orders found none.
    A new connection for each page costs more than most pages do.
    """
    database = connections.settings["default"]
    database["CONN_MAX_AGE"] = 0
    database["OPTIONS"] = {**database.get("OPTIONS", {}), "pool": {"min_size": 1, "max_size": MOST_CONNECTIONS, "timeout": 20}}
