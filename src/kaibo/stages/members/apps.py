from django.apps import AppConfig


class Config(AppConfig):
    name = "kaibo.stages.members"
    label = "members"
