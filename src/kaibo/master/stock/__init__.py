"""Stock 库存 as a double-entry ledger: every change is a row, levels are its sum, a check proves it (SUP-14)."""
