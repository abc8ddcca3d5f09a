"""The key of the pseudonyms: made once, read ever after, and refused when it is none."""

import stat

import pytest

from service.app import create_app
from service.settings import read_settings
from service.storage.pseudonyms import KeyUnusable, Pseudonyms, read_key, read_or_make_key


def zeros(length):
    return bytes(length)


def test_a_service_with_a_file_makes_its_key_once(tmp_path):
    """Beside the store, for its owner alone; the second start has the same one."""
    environ = {"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path / 'c.sqlite'}"}
    create_app(read_settings(environ))
    key = (tmp_path / "c.sqlite.key").read_text()
    create_app(read_settings(environ))

    assert (tmp_path / "c.sqlite.key").read_text() == key
    assert len(bytes.fromhex(key)) == 32
    assert stat.S_IMODE((tmp_path / "c.sqlite.key").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.glob("*.key*")) == ["c.sqlite.key"]


@pytest.mark.parametrize("content", ["", "secret", "00" * 31, "00" * 33, "zz" * 32])
def test_a_file_that_holds_no_key_stops_the_start(tmp_path, content):
    """With a sentence that repeats nothing of it."""
    (tmp_path / "key").write_text(content)
    environ = {"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path / 'c.sqlite'}", "CLUNEAL_PSEUDONYM_KEY_FILE": str(tmp_path / "key")}

    with pytest.raises(KeyUnusable, match=r"holds no key of the pseudonyms, which is 64 hexadecimal digits\.$") as refused:
        create_app(read_settings(environ))
    assert "secret" not in str(refused.value)


def test_a_named_key_is_never_made(tmp_path):
    """A mistyped path would begin a new life for every patient."""
    environ = {"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path / 'c.sqlite'}", "CLUNEAL_PSEUDONYM_KEY_FILE": str(tmp_path / "kye")}

    with pytest.raises(KeyUnusable, match=r"cannot be read from .* \(No such file or directory\)"):
        create_app(read_settings(environ))


def test_of_two_that_make_a_key_one_does(tmp_path):
    """Whoever comes second reads the first one's, and leaves nothing beside it."""
    path = tmp_path / "key"

    def slow(length):
        path.write_text("11" * length)
        return bytes(length)

    assert read_or_make_key(path, chance=slow) == b"\x11" * 32
    assert [one.name for one in tmp_path.iterdir()] == ["key"]


def test_a_pseudonym_depends_on_every_part_and_on_the_key(tmp_path):
    """The same for the same; another for another client, server, patient, kind or key, also where the letters move over."""
    ours, theirs = Pseudonyms(zeros(32)), Pseudonyms(b"k" * 32)
    all_of_them = [
        ours.patient("c", "s", "p"),
        ours.patient("cs", "", "p"),
        ours.patient("c", "sp", ""),
        ours.patient("c", "s", "q"),
        ours.encounter("c", "s", "p"),
        ours.user("c", "s", "p"),
        theirs.patient("c", "s", "p"),
    ]

    assert ours.patient("c", "s", "p") == all_of_them[0]
    assert len(set(all_of_them)) == len(all_of_them)
    assert (ours.encounter("c", "s", ""), ours.user("c", "s", "")) == ("", "")


def test_a_key_is_read_from_its_file(tmp_path):
    """Sixty-four hexadecimal digits, with or without the end of the line."""
    (tmp_path / "key").write_text("ab" * 32 + "\n")

    assert read_key(tmp_path / "key") == b"\xab" * 32
