"""Who may do what, and why not: actors, verdicts with reasons, one `require` as the first line of every service."""
