import django.db.models.deletion
import kaibo.kit.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("live", "0004_replies_and_the_hosts_words"),
        ("showplan", "0001_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="DrawPlan",
            fields=[
                ("id", models.UUIDField(default=kaibo.kit.ids.new_id, primary_key=True, serialize=False)),
                ("title", models.CharField(blank=True, max_length=500)),
                ("terms", models.JSONField()),
                ("written_by_name", models.CharField(max_length=80)),
                ("written_at", models.DateTimeField()),
                ("published_by_name", models.CharField(blank=True, default="", max_length=80)),
                ("published_at", models.DateTimeField(null=True)),
                ("session", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="showplan.session")),
            ],
            options={
                "indexes": [models.Index(fields=["session", "written_at"], name="draw_plan_session")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("published_at", None), models.Q(("published_by_name", ""), _negated=True), _connector="OR"),
                        name="published_draw_names_its_publisher",
                    )
                ],
            },
        ),
    ]
