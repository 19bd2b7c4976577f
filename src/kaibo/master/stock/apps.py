from django.apps import AppConfig


class Config(AppConfig):
    name = "kaibo.master.stock"
    label = "stock"
