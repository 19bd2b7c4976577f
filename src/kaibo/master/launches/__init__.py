"""Launches 上新: the whole life of bringing one product to market, as a row with gates (TEAM-4)."""
