"""All tests in two processes, those of the service beside the others: two cores, about half the time.

`python tests/side_by_side.py`; the exit code is that of the first half that failed. Not a job of the shell: those ignore ctrl-C, and so
would the services that the tests start and stop by it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HALVES = (("tests/service",), ("--ignore=tests/service",))


def main() -> int:
    """Run both halves; one prints as it goes, the other when both are done."""
    pytest = str(Path(sys.executable).parent / "pytest")
    with tempfile.TemporaryFile("w+") as told:
        beside = subprocess.Popen([pytest, *HALVES[0]], stdout=told, stderr=subprocess.STDOUT)
        here = subprocess.run([pytest, *HALVES[1]], check=False).returncode
        there = beside.wait()
        told.seek(0)
        sys.stdout.write(told.read())
    return there or here


if __name__ == "__main__":
    sys.exit(main())
