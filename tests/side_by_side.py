"""All tests in two processes, on two cores: about half the time.

`python tests/side_by_side.py` runs those of the service beside the others; with `long` as its word, the tests that take minutes: generated
charts and histories beside the others. The exit code is that of the first half that failed. Not a job of the shell: those ignore ctrl-C,
and so would the services that the tests start and stop by it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

_GENERATED = ("tests/test_invariants.py", "tests/test_quiet_invariants.py", "tests/cds_hooks/test_mutations.py")
HALVES = {
    "": (("tests/service",), ("--ignore=tests/service",)),
    "long": (("-m", "long", *_GENERATED), ("-m", "long", *(f"--ignore={file}" for file in _GENERATED))),
}


def main(which: str = "") -> int:
    """Run both halves; one prints as it goes, the other when both are done."""
    pytest = str(Path(sys.executable).parent / "pytest")
    first, second = HALVES[which]
    with tempfile.TemporaryFile("w+") as told:
        beside = subprocess.Popen([pytest, *first], stdout=told, stderr=subprocess.STDOUT)
        here = subprocess.run([pytest, *second], check=False).returncode
        there = beside.wait()
        told.seek(0)
        sys.stdout.write(told.read())
    return there or here


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
