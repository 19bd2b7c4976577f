from django.apps import AppConfig

from kaibo.plumbing.moments import read_moments


class Config(AppConfig):
    name = "kaibo.plumbing.tables"
    label = "tables"

    def ready(self) -> None:
        read_moments()
