"""The console as an ASGI application."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaibo.config.settings")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
