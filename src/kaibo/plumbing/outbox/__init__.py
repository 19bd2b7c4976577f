"""Facts announced in the transaction that made them true; each (fact, handler) pair takes effect exactly once."""
