"""企业微信 group robots: the key in the address is the secret.   Source: facts/platforms §4."""
