from django.apps import AppConfig


class Config(AppConfig):
    name = "kaibo.master.media"
    label = "media"
