"""The shell's pages answer as every stage does: `kaibo.plumbing.answers.done`, where stages can reach it too."""

from kaibo.plumbing.answers import done

__all__ = ["done"]
