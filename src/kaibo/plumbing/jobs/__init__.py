"""Jobs in the same database (procrastinate): enqueued in the caller's transaction, retried, the dead shown and revived."""
