"""Nouns all stages share: people, shops, catalog, stock, launches, media. They know no stage."""
