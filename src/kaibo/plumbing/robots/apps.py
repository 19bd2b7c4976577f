from django.apps import AppConfig


class Config(AppConfig):
    name = "kaibo.plumbing.robots"
    label = "robots"
