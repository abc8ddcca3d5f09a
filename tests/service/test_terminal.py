"""What is drawn in a terminal: nothing that came from a chart may steer it."""

import io

from rich.console import Console

from service.terminal import as_answer, as_card, as_failure

CARD = {"summary": "Consider", "indicator": "info", "source": {"label": "Cluneal"}}


def drawn(what: object) -> str:
    screen = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None, legacy_windows=False)
    screen.print(what)
    return screen.file.getvalue()


def test_escape_codes_of_a_chart_do_not_reach_the_terminal():
    """A note with terminal codes in it is shown as its letters."""
    shown = drawn(as_card({**CARD, "summary": "A\x1b[31mB\x1b]0;title\x07", "detail": "C\x1b[2JD\x9b31m"}))

    assert "\x1b[31m" not in shown
    assert "\x1b]0" not in shown
    assert "\x1b[2J" not in shown
    assert "\x9b" not in shown
    assert "\x07" not in shown


def test_square_brackets_are_words():
    """Text that looks like colour markup is a text."""
    assert "[red]low[/red] back pain" in drawn(as_card({**CARD, "detail": "[red]low[/red] back pain"}))


def test_a_failure_is_told_in_the_words_of_the_outcome():
    """The terminal shows what the service says about a refused call."""
    outcome = {"issue": [{"code": "incomplete", "details": {"text": "Data is missing."}, "diagnostics": "Not sent: procedures."}]}

    assert drawn(as_failure(412, outcome)).split("\n")[:2] == ["The service answered 412.", "Data is missing. Not sent: procedures."]


def test_an_answer_that_is_no_outcome_is_a_failure_with_its_number():
    """A proxy's error page has a status, and that is said."""
    assert "502" in drawn(as_failure(502, None))


def test_an_empty_answer_says_that_no_reason_was_given():
    """Another service's empty card list is not dressed up."""
    assert "no reason given" in drawn(as_answer({"cards": []}))
