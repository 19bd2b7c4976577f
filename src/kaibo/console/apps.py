from django.apps import AppConfig


class Config(AppConfig):
    name = "kaibo.console"
    label = "console"
