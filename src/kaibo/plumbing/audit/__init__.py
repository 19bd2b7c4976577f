"""Who did what, when, why: rows appended freely, sealed in small batches whose roots are chained (DESIGN §5)."""
