"""钉钉 group robots.   Source: facts/platforms §4."""
