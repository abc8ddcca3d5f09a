"""All ingredients of generated charts, by name."""

from itertools import chain

from tests.generated import events, examinations, problems

POOL = {
    one.name: one
    for one in chain(
        problems.pains(),
        problems.other_problems(),
        problems.exclusions(),
        events.operations(),
        events.blocks(),
        events.reports(),
        events.drugs(),
        events.orders_and_visits(),
        examinations.points(),
        examinations.notes(),
        examinations.numbers(),
    )
}
