"""Time, measured so that it can be compared: works take turns in one process, and everything is freed before the clock stops."""

import gc
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

# A turn lasts about this long: one interruption does not show, and what a work leaves to the garbage collection is paid for within it.
_TURN_SECONDS = 0.25


def interleaved(
    works: Mapping[str, Callable[[], object]], *, rounds: int, clock: Callable[[], float] = perf_counter
) -> dict[str, list[float]]:
    """Seconds that each work takes, one figure a round; in every round all of them have their turn, the results dropped at once.

    clock  `process_time` for works that wait for nothing: so what else the machine does weighs less on them
    """
    repeats = {name: _repeats(work) for name, work in works.items()}
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            gc.collect()
            seconds[name].append(_seconds(work, repeats[name], clock))
    return seconds


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median over the rounds of what one takes in units of the other: a slow moment of the machine weighs on both."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def _seconds(work: Callable[[], object], repeats: int, clock: Callable[[], float] = perf_counter) -> float:
    start = clock()
    for _ in range(repeats):
        work()
    return (clock() - start) / repeats


def _repeats(work: Callable[[], object]) -> int:
    """How often a work is done in one turn; finding out warms it up."""
    _seconds(work, 1)
    return max(1, min(2_000, int(_TURN_SECONDS / _seconds(work, 1))))
