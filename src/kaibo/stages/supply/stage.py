"""What the shell may know of this stage."""

from kaibo.plumbing.wiring import Stage

STAGE = Stage(key="supply")
