"""The console as an ASGI application."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaibo.config.settings")

from django.core.asgi import get_asgi_application
from django.db import connections

application = get_asgi_application()
# Under ASGI each request runs in a thread of its own, so a connection kept beyond it serves nobody and waits for the collector, which
# walks seldom (`standing`): some hundred pages held all of the database's places, and claims and orders found none.
connections.settings["default"]["CONN_MAX_AGE"] = 0
