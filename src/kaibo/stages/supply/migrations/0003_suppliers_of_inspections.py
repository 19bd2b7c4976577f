"""Inspections made before the three gates learn their supplier, and units held by them get a custody."""

from django.db import migrations

FORWARD = """
UPDATE supply_inspection i SET supplier_id = p.supplier_id FROM supply_purchase p WHERE p.id = i.purchase_id AND i.supplier_id IS NULL;
INSERT INTO supply_custody (id, inspection_id, lot_id, sku_id, warehouse_id, units, place, opened_at, outcome, settled_by, reason)
SELECT gen_random_uuid(), i.id, i.lot_id, i.sku_id, i.warehouse_id, i.quantity, '', i.decided_at, 'held', '', ''
  FROM supply_inspection i WHERE i.state = 'failed' AND i.lot_id IS NOT NULL AND i.decided_at IS NOT NULL AND i.quantity > 0
   AND NOT EXISTS (SELECT 1 FROM supply_custody c WHERE c.inspection_id = i.id);
"""


class Migration(migrations.Migration):
    dependencies = [("supply", "0002_quality_gates")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
