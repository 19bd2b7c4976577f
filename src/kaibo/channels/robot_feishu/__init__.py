"""飞书 group robots.   Source: facts/platforms §4."""
