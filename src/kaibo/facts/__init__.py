"""Past-tense frozen dataclasses that stages announce: the published vocabulary between stages (DESIGN §3)."""
