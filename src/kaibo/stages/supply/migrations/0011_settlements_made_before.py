from django.db import migrations

# What was settled as a whole stands as one settlement.
KEEP = """
    INSERT INTO supply_settlement (id, custody_id, outcome, units, reason, settled_by, settled_at, undone_by, undone_reason)
    SELECT gen_random_uuid(), id, outcome, units, reason, settled_by, settled_at, '', '' FROM supply_custody WHERE outcome <> 'held'
"""


class Migration(migrations.Migration):

    dependencies = [("supply", "0010_settlements_of_held_units")]

    operations = [migrations.RunSQL(KEEP, migrations.RunSQL.noop)]
