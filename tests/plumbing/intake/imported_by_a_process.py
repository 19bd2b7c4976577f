"""
Takes one import run to its end in a process of its own, for the test that kills it: `python … RUN_ID DATA_FOLDER thread|process`,
by who reads the file; with a fourth word `house` the kinds are those of the house.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from uuid import UUID

sys.path[:0] = [str(Path(__file__).resolve().parents[3]), str(Path(__file__).resolve().parents[3] / "src")]
os.environ["DJANGO_SETTINGS_MODULE"] = "kaibo.config.settings"
os.environ["KAIBO_DATA"] = sys.argv[2]


def main() -> None:
    import django
    from django.conf import settings

    django.setup()
    if sys.argv[4:] != ["house"]:
        settings.KAIBO_WIRING = "tests.plumbing.intake.wiring.WIRING"
    from kaibo.kit.clock import utc_now
    from kaibo.plumbing.intake import engine, reading_ahead

    reading_ahead.LARGE_BYTES = 0 if sys.argv[3] == "process" else 10**9
    engine.BATCH_ROWS = 100
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    engine.run_import(UUID(sys.argv[1]), clock=utc_now)


main()
