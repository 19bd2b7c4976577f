"""Idempotency keys of the JSON API: a write told twice happens once, and both hear the same answer."""
