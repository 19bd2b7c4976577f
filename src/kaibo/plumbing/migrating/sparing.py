"""
A state of the models that draws anew only what a step can reach.

Django keeps a class for every model as it stands between two migrations. At each new table, column, index or constraint it makes new
classes of the model and of all models joined to it by any chain of keys; in this house that is nearly all of them, some 11,000 classes
on the way to an empty shop and four fifths of the time of `migrate`. Here a step makes new classes only of those that would otherwise
hold the old one:

* a new table: itself (nothing can point to it yet);
* a new column that is a key: its model and whatever points to that, however far;
* any other column, new or changed, that no key points to, an index, a constraint, an option: its model alone. Whoever points to it keeps the
  class before, and the state is marked as delayed, which Django knows: code that runs in a migration (`RunPython`) is given classes all
  drawn afresh.

Everything else (renaming, deleting, a changed key) goes Django's own way. Both ways leave the same database: tests/plumbing/test_migrating.py.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Field

ModelKey = tuple[str, str]


class SparingState(ProjectState):
    """A ProjectState whose frequent changes redraw few models."""

    _change = ""

    def add_model(self, model_state: ModelState) -> None:
        self._spare("add_model", model_state)

    def add_field(self, app_label: str, model_name: str, name: str, field: Field[Any, Any], preserve_default: bool) -> None:
        self._spare("add_field", app_label, model_name, name, field, preserve_default)

    def alter_field(self, app_label: str, model_name: str, name: str, field: Field[Any, Any], preserve_default: bool) -> None:
        self._spare("alter_field", app_label, model_name, name, field, preserve_default)

    def alter_model_options(self, app_label: str, model_name: str, options: dict[str, Any], option_keys: Any = None) -> None:
        self._spare("alter_model_options", app_label, model_name, options, option_keys)

    def _append_option(self, app_label: str, model_name: str, option_name: str, obj: object) -> None:
        self._spare("_append_option", app_label, model_name, option_name, obj)

    def _remove_option(self, app_label: str, model_name: str, option_name: str, obj_name: str) -> None:
        self._spare("_remove_option", app_label, model_name, option_name, obj_name)

    def _spare(self, change: str, *arguments: object) -> None:
        self._change = change
        try:
            getattr(super(), change)(*arguments)
        finally:
            self._change = ""

    def _find_reload_model(self, app_label: str, model_name: str, delay: bool = False) -> set[ModelKey]:
        """`delay` is Django's word that no relation of the model is touched."""
        if not self._change or (self._change == "alter_field" and not delay):
            return super()._find_reload_model(app_label, model_name, delay)
        if delay:
            self.is_delayed = True
            return {(app_label, model_name)}
        return self._with_all_that_point_to((app_label, model_name))

    def _with_all_that_point_to(self, model: ModelKey) -> set[ModelKey]:
        found: set[ModelKey] = set()
        waiting = [model]
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting += [*self.relations.get(key, ()), *self._made_from(key)]
        return found

    def _made_from(self, model: ModelKey) -> list[ModelKey]:
        name = ".".join(model)
        return [key for key, state in self.models.items() if any(isinstance(base, str) and base.lower() == name for base in state.bases)]


class SparingExecutor(MigrationExecutor):
    """Django's executor on that state, forwards."""

    def _migrate_all_forwards(self, state: ProjectState, *args: Any, **options: Any) -> ProjectState:
        return super()._migrate_all_forwards(SparingState(state.models, state.real_apps), *args, **options)
