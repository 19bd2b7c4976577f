"""The sparing migrations leave what Django's own leave, having drawn far fewer models."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.commands import migrate
from django.db import connection, models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelOptions,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    Migration,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameModel,
    RunPython,
)
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ModelState, ProjectState

from kaibo.plumbing.migrating.sparing import SparingExecutor, SparingState

pytestmark = pytest.mark.django_db

WIDER_IN_MIGRATIONS = ("auth_group_permissions", "id")  # Django's own: a state of models does not know `default_auto_field` of an app
KEY = ("id", models.BigAutoField(primary_key=True))


def to(model: str, **options) -> models.ForeignKey:
    return models.ForeignKey(model, models.CASCADE, **options)


def stock_the_shop(zoo, _editor) -> None:
    """What a migration of data does: forwards over two keys, backwards over accessors, through a table between."""
    shop = zoo.get_model("zoo", "Shop").objects.create(name="林夏", parent=None)
    order = zoo.get_model("zoo", "Order").objects.create(shop=shop, note="急")
    line = zoo.get_model("zoo", "Line").objects.create(order=order, units=2)
    tag = zoo.get_model("zoo", "Tag").objects.create(word="新")
    tag.lines.add(line)
    assert shop.order_set.get().line_set.get().tag_set.get() == tag
    assert line.order.shop.name == "林夏"


STEPS = [
    CreateModel("Shop", [KEY, ("name", models.CharField(max_length=20)), ("parent", to("self", null=True))]),
    CreateModel("Order", [KEY, ("shop", to("zoo.Shop"))]),
    CreateModel("Line", [KEY, ("order", to("zoo.Order")), ("units", models.IntegerField())]),
    AddConstraint("Line", models.CheckConstraint(condition=models.Q(units__gt=0), name="some_units")),
    AddField("Order", "note", models.CharField(max_length=5, default="", unique=True), preserve_default=False),
    CreateModel("Tag", [KEY, ("word", models.CharField(max_length=9)), ("lines", models.ManyToManyField("zoo.Line"))]),
    CreateModel("FlagShop", [("shop_ptr", models.OneToOneField("zoo.Shop", models.CASCADE, parent_link=True, primary_key=True)), ("colour", models.TextField())], bases=("zoo.shop",)),
    AddField("Shop", "city", models.CharField(max_length=20, null=True)),
    AddIndex("FlagShop", models.Index(fields=["colour"], name="by_colour")),
    RunPython(stock_the_shop),
    AlterField("Shop", "name", models.CharField(max_length=40, db_index=True)),
    AlterField("Order", "note", models.CharField(max_length=9, unique=True)),
    AddField("Line", "note", to("zoo.Order", to_field="note", null=True, related_name="noted", db_column="note")),
    AlterField("Order", "note", models.TextField(unique=True)),
    AlterModelOptions("Line", {"verbose_name": "行"}),
    RenameField("Order", "shop", "seller"),
    RenameModel("Order", "Purchase"),
    AddConstraint("Line", models.UniqueConstraint(fields=["order", "units"], name="once")),
    AlterField("Tag", "lines", models.ManyToManyField("zoo.Line", related_name="tags")),
    AddField("Purchase", "paid", models.DateTimeField(null=True)),
    RemoveConstraint("Line", "some_units"),
    AlterUniqueTogether("Tag", {("id", "word")}),
    RemoveIndex("FlagShop", "by_colour"),
    RemoveField("FlagShop", "colour"),
    DeleteModel("FlagShop"),
    AlterField("Shop", "id", models.AutoField(primary_key=True)),
]


@pytest.fixture
def drawn(monkeypatch):
    """How many classes of models were made."""
    counted = Counter()
    draw = ModelState.render

    def counting(state, registry):
        counted["classes"] += 1
        return draw(state, registry)

    monkeypatch.setattr(ModelState, "render", counting)
    return counted


def walk(steps, state: ProjectState) -> ProjectState:
    """This function will take the steps one by one, as migrations of one step each."""
    state.apps  # noqa: B018  drawn before the first step, as the executor does
    for number, step in enumerate(steps):
        migration = Migration(f"{number:04}", "zoo")
        migration.operations = [step]
        with connection.schema_editor(atomic=False) as editor:
            state = migration.apply(state, editor)
    return state


@contextmanager
def schema_of_its_own(name: str):
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {name}; SET LOCAL search_path TO {name}, public; SET CONSTRAINTS ALL IMMEDIATE")
        yield cursor
        cursor.execute("SET LOCAL search_path TO public")


def described(schema: str) -> list[tuple[str, ...]]:
    """This function will say what PostgreSQL knows of the columns, constraints and indexes of a schema, table by table."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT table_name, column_name, data_type || coalesce(character_maximum_length::text, ''), is_nullable, coalesce(column_default, ''), is_identity
                 FROM information_schema.columns WHERE table_schema = %(schema)s
               UNION ALL
               SELECT relname, conname, pg_get_constraintdef(c.oid), '', '', '' FROM pg_constraint c JOIN pg_class r ON r.oid = conrelid
                WHERE c.connamespace = %(schema)s::regnamespace AND contype <> 'n'
               UNION ALL
               SELECT tablename, indexname, indexdef, '', '', '' FROM pg_indexes WHERE schemaname = %(schema)s ORDER BY 1, 2, 3""",
            {"schema": schema},
        )
        return [tuple(value.replace(f"{schema}.", "") for value in row) for row in cursor.fetchall()]


def taken(steps, state: ProjectState, schema: str) -> list[tuple[str, ...]]:
    with schema_of_its_own(schema) as cursor:
        walk(steps, state)
        cursor.execute("SELECT (SELECT name FROM zoo_shop), (SELECT note FROM zoo_purchase), (SELECT units FROM zoo_line), (SELECT count(*) FROM zoo_tag_lines)")
        return [*described(schema), *cursor.fetchall()]


def test_every_kind_of_step_leaves_the_same_tables_and_rows(drawn):
    ours = taken(STEPS, SparingState(), "ours")
    spared = drawn["classes"]
    assert ours == taken(STEPS, ProjectState(), "theirs")
    assert len(ours) > 30
    assert ours[-1] == ("林夏", "急", 2, 1)
    assert spared < drawn["classes"] - spared


def test_a_change_of_what_all_others_point_to_draws_it_alone(drawn):
    state = SparingState()
    state.apps  # noqa: B018
    for step in (CreateModel("Shop", [KEY]), *[CreateModel(f"M{number}", [KEY, ("shop", to("zoo.Shop"))]) for number in range(20)]):
        step.state_forwards("zoo", state)
    assert drawn["classes"] == 21
    AddField("Shop", "city", models.TextField()).state_forwards("zoo", state)
    AddConstraint("Shop", models.UniqueConstraint(fields=["city"], name="one")).state_forwards("zoo", state)
    assert drawn["classes"] == 23
    assert state.is_delayed
    AddField("Shop", "head", to("self", null=True)).state_forwards("zoo", state)
    assert drawn["classes"] == 23 + 21


def test_every_start_of_the_house_migrates_so():
    assert get_commands()["migrate"] == "kaibo.plumbing.migrating"
    load_command_class("kaibo.plumbing.migrating", "migrate")
    assert migrate.MigrationExecutor is SparingExecutor


def test_where_every_step_was_taken_no_model_is_drawn_and_what_was_left_undone_behind_the_steps_is_done(drawn):
    Permission.objects.filter(codename="add_shop").delete()
    drawn.clear()
    call_command("migrate", interactive=False, verbosity=0)
    assert Permission.objects.filter(codename="add_shop").exists()
    assert drawn["classes"] == 0


def test_where_one_step_is_missing_django_s_own_way_is_gone(monkeypatch):
    gone = []
    monkeypatch.setattr(migrate.Command, "handle", lambda _self, *_args, **_options: gone.append(1))
    call_command("migrate", interactive=False, verbosity=0)
    assert gone == []
    newest = MigrationRecorder.Migration.objects.filter(app="shops").order_by("-name")[0]
    newest.delete()
    call_command("migrate", interactive=False, verbosity=0)
    assert gone == [1]
    MigrationRecorder(connection).record_applied("shops", newest.name)
    call_command("migrate", interactive=False, verbosity=1)
    assert gone == [1, 1]


def test_the_migrated_tables_are_those_that_the_models_describe():
    """Made anew from the models as they are now, in one step; what migrations add by hand stands besides."""
    models_here = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy]
    names = {model._meta.db_table for model in models_here}
    migrated = {row for row in described("public") if row[0] in names}
    with schema_of_its_own("anew"), connection.schema_editor(atomic=False) as editor:
        for model in models_here:
            if not model._meta.auto_created:
                editor.create_model(model)
    anew = set(described("anew"))
    assert len(anew) > 2000
    assert {row for row in anew ^ migrated if row[:2] != WIDER_IN_MIGRATIONS} == set()
