"""A TOML file that is made to cost the parser gigabytes, or its reader hours, costs neither; what only looks like one is read."""

from collections.abc import Iterator

import pytest

from service.clients.code_map import CodeMap
from service.clients.table import MOST_PROBLEMS, UnreadableTable, first_of, read_table

ROW = '[[local]]\nsystem = "urn:x"\ncode = "x"\nmeans = "fever"\ndisplay = {}'
MANY = ".a" * 5_000
# Before the name, where it must not hide that it is one.
BEFORE = ("", '"a"', "'a'", 'x = """"a""""\n', "x = ''''a''''\n", 'x = "\\""\n', "# it's\n", 'x = """\\"""" # """\n', "x = 'a\\'\n")


@pytest.mark.parametrize("name", [f"a{MANY} = 1", f"[a{MANY}]", f"[[a{MANY}]]", f"x = {{ a{MANY} = 1 }}", "a" + ' . "a"' * 20 + " = 1"])
@pytest.mark.parametrize("before", BEFORE)
def test_a_name_of_thousands_of_parts_is_not_parsed(before, name):
    """Wherever a name may stand, and whatever text stands before it."""
    with pytest.raises(UnreadableTable, match="more than 8 dots"):
        read_table(f"{before}\n{name}".encode(), CodeMap)


@pytest.mark.parametrize(
    "text", [f'"{MANY}"', f"'{MANY}'", f'"" # a{MANY}', f'"""\n"{MANY}"\n""""', f"'''\n'{MANY}''''", f'"\\"{MANY}"', f'"\\\\" #"{MANY}']
)
def test_dots_in_a_text_are_no_name(text):
    """Nor are those in a remark."""
    (row,) = read_table(ROW.format(text).encode(), CodeMap).local

    assert row.display or "#" in text


@pytest.mark.parametrize("text", ['"""' + "\\" * 9, '\\"""\n' * 9_000, "'''", '"' * 20_001, "'" * 20_001, '"\\'])
def test_a_text_that_nobody_closes_is_refused(text):
    """However it breaks off."""
    with pytest.raises(UnreadableTable, match="no TOML"):
        read_table(f"x = {text}".encode(), CodeMap)


def test_no_more_is_told_than_somebody_mends_at_one_time():
    """Thousands of tables that are not known give fifty sentences, and one that says that there are more."""
    with pytest.raises(UnreadableTable) as refused:
        read_table("".join(f"[loca{number}]\n" for number in range(3_000)).encode(), CodeMap)

    assert len(refused.value.problems) == MOST_PROBLEMS + 1
    assert refused.value.problems[-1].startswith("and more")


def test_what_is_not_told_is_not_worked_out():
    """One more than is told, to know that there are more."""
    worked_out: list[int] = []

    def problems() -> Iterator[str]:
        for number in range(1_000):
            worked_out.append(number)
            yield str(number)

    assert len(first_of(problems())) == MOST_PROBLEMS + 1
    assert len(worked_out) == MOST_PROBLEMS + 1
    assert first_of(["one"]) == ("one",)


def test_a_row_has_a_bounded_number_of_meanings():
    """Each is compared with the name of every value set."""
    with pytest.raises(UnreadableTable, match="local 1: means has more than 50 entries"):
        read_table(ROW.replace('"fever"', str(["fevr"] * 51)).format('""').encode(), CodeMap)
