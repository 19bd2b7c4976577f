from django.apps import AppConfig


class Config(AppConfig):
    name = "kaibo.stages.warmup"
    label = "warmup"
