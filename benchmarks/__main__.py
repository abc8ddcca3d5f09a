"""`python -m benchmarks`: the performance targets, measured now, as ratios of one run. Exit code 1 when one is missed.

Targets 1 and 2: reading.py.  3 and 4: serving.py.  5: memory.py.  6: quirks.py.  7: start.py.  8: fetching.py.  Storage: storing.py.
The end of a call whose FHIR server hangs: deadline.py.
"""

import argparse
import sys

from benchmarks import deadline, fetching, memory, quirks, reading, serving, start, storing
from benchmarks.report import print_report


def main() -> int:
    """Measure, print, and give the exit code."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the service against its performance targets.")
    options.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options.add_argument("--rounds", type=int, default=7, metavar="N", help="rounds of the timings, at least 5 (default: %(default)s)")
    given = options.parse_args()
    if given.rounds < 5:
        options.error("a median of fewer than 5 rounds says little")
    lines = [
        *quirks.measure(),
        *start.measure(),
        *memory.measure(),
        *fetching.measure(given.rounds),
        *deadline.measure(given.rounds),
        *serving.measure(given.rounds),
        *reading.measure(given.rounds),
        *storing.measure(given.rounds),
    ]
    print_report(lines, as_data=given.json)
    return 0 if all(line.passed for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
