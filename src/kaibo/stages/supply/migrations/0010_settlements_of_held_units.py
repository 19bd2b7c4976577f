import django.db.models.deletion
from django.db import migrations, models

import kaibo.kit.ids


class Migration(migrations.Migration):

    dependencies = [
        ("stock", "0003_channel_items"),
        ("supply", "0009_short_and_taken_back_deliveries"),
    ]

    operations = [
        migrations.CreateModel(
            name="Settlement",
            fields=[
                ("id", models.UUIDField(default=kaibo.kit.ids.new_id, primary_key=True, serialize=False)),
                ("outcome", models.CharField(max_length=8)),
                ("units", models.PositiveIntegerField()),
                ("reason", models.CharField(max_length=300)),
                ("settled_by", models.CharField(max_length=80)),
                ("settled_by_id", models.UUIDField(null=True)),
                ("settled_at", models.DateTimeField()),
                ("undone_by", models.CharField(blank=True, default="", max_length=80)),
                ("undone_at", models.DateTimeField(null=True)),
                ("undone_reason", models.CharField(blank=True, default="", max_length=300)),
            ],
        ),
        migrations.AddField(
            model_name="settlement", name="again",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="supply.inspection"),
        ),
        migrations.AddField(
            model_name="settlement", name="custody",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="settlements", to="supply.custody"),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(condition=models.Q(("units__gt", 0)), name="settlement_units_positive"),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["released", "returned", "scrapped", "repeat"])), name="settlement_outcome_known"
            ),
        ),
        migrations.RemoveConstraint(model_name="custody", name="custody_outcome_known"),
        migrations.AddConstraint(
            model_name="custody",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["held", "released", "returned", "scrapped", "repeat", "sorted", "mixed"])), name="custody_outcome_known"
            ),
        ),
        migrations.AddField(model_name="custody", name="units_left", field=models.PositiveIntegerField(default=0), preserve_default=False),
        # Changes no key, so that the constraint below may follow in the same transaction.
        migrations.RunSQL("UPDATE supply_custody SET units_left = units WHERE outcome = 'held'", migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="custody",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "held"), ("units_left__gt", 0), ("units_left__lte", models.F("units"))),
                    models.Q(models.Q(("outcome", "held"), _negated=True), ("units_left", 0)),
                    _connector="OR",
                ),
                name="custody_left_with_its_outcome",
            ),
        ),
    ]
