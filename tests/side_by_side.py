"""All tests, two groups at a time, on two cores: about half the time.

`python tests/side_by_side.py` runs all but the long ones; with `long` as its word, those. A group prints when it is done, and the next one
takes its place. The exit code is that of the first group that failed. Not jobs of the shell: those ignore ctrl-C, and so would the
services that the tests start and stop by it.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

_GENERATED = ("tests/test_invariants.py", "tests/test_quiet_invariants.py")
_SERVICE = ("tests/service/storage", "tests/service/web", "tests/service/knowledge")


def _but(*others: str) -> tuple[str, ...]:
    return tuple(f"--ignore={other}" for other in others)


# What takes longest begins first.
GROUPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "": (
        ("tests/service", *_but(*_SERVICE)),
        ("tests", *_but("tests/service", "tests/cds_hooks", *_GENERATED)),
        *((folder,) for folder in _SERVICE),
        _GENERATED,
        ("tests/cds_hooks",),
    ),
    "long": (
        ("-m", "long", "tests", *_but("tests/pages", "tests/cds_hooks", *_GENERATED)),
        ("-m", "long", "tests/test_invariants.py"),
        ("-m", "long", "tests/pages"),
        ("-m", "long", "tests/cds_hooks", "tests/test_quiet_invariants.py"),
    ),
}


def main(which: str = "") -> int:
    """Run every group, and print each with its name."""
    codes = []
    with ThreadPoolExecutor(2) as two:
        runs = {two.submit(_run, group): " ".join(group) for group in GROUPS[which]}
        for run in as_completed(runs):
            done = run.result()
            codes.append(done.returncode)
            sys.stdout.write(f"\n{runs[run]}\n{done.stdout}")
            sys.stdout.flush()
    return next(filter(None, codes), 0)


def _run(group: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    pytest = Path(sys.executable).parent / "pytest"
    return subprocess.run([pytest, *group], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
