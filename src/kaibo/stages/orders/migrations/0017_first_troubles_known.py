from django.db import migrations

# What is in trouble now was in trouble for the first time then, as far as anybody knows.
FIRST = "UPDATE orders_parceltrack SET first_trouble_at = trouble_at WHERE trouble <> ''"


class Migration(migrations.Migration):

    dependencies = [("orders", "0016_courier_pauses")]

    operations = [migrations.RunSQL(FIRST, migrations.RunSQL.noop)]
