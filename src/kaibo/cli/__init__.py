"""The verbs of `./kaibo`, one module a verb: read arguments, make one call, print, answer 0, 1, 2 or 3 (docs/operations.md)."""
