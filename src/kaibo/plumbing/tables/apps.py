from django.apps import AppConfig


class Config(AppConfig):
    name = "kaibo.plumbing.tables"
    label = "tables"
