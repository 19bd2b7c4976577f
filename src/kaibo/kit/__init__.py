"""Pure words everybody speaks: money, clock, ids, errors, transitions, text. No database, no framework."""
