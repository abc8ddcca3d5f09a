"""The link to the page of reasons: sealed, for a while, and never somebody else's."""

import base64
import string
from dataclasses import replace

import pytest

from service.knowledge.load import load_knowledge
from service.web.why_link import (
    LONGEST,
    LinkExpired,
    LinkKeysUnusable,
    LinkOfOtherKnowledge,
    LinkTooLong,
    LinkUnusable,
    Seal,
    read_link_keys,
)

KNOWLEDGE = load_knowledge()
OLD, NEW, STRANGE = (bytes([number]) * 32 for number in (1, 2, 3))
NOW = 1_800_000_000.0
CONTENT = b'{"d":739940,"f":{"prior-lumbar-laminectomy":[1,0]},"e":[["Procedure/7",730]]}'
ALPHABET = string.ascii_letters + string.digits + "-_"


def seal(*keys: bytes, minutes: int = 60, knowledge=KNOWLEDGE) -> Seal:
    return Seal(keys or (NEW,), knowledge, minutes=minutes)


def test_what_is_sealed_opens_again_and_cannot_be_read_without_the_key():
    """The same bytes come back; nothing of them stands in the link."""
    link = seal().sealed(CONTENT, now=NOW)

    assert seal().opened(link, now=NOW + 60) == CONTENT
    assert b"Procedure" not in base64.urlsafe_b64decode(link + "==")
    assert set(link) <= set(ALPHABET)


def test_the_same_call_gives_the_same_link():
    """A call that is sent twice gets the same card twice, with its link."""
    assert seal().sealed(CONTENT, now=NOW) == seal().sealed(CONTENT, now=NOW + 1)


def test_a_link_with_any_letter_changed_does_not_open():
    """Wherever it is changed: in its form, its knowledge, its time, its seal, its content."""
    link = seal().sealed(CONTENT, now=NOW)
    for place, letter in enumerate(link):
        for other in (ALPHABET[(ALPHABET.index(letter) + 1) % 64], ALPHABET[(ALPHABET.index(letter) + 32) % 64]):
            with pytest.raises(LinkUnusable) as refused:
                seal().opened(link[:place] + other + link[place + 1 :], now=NOW)
            assert type(refused.value) is LinkUnusable


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link[:-1],
        lambda link: link[1:],
        lambda link: link + "A",
        lambda link: link + "=",
        lambda link: link + "\n",
        lambda link: link + "/",
        lambda link: link * 2,
        lambda link: link[::-1],
        lambda link: link.swapcase(),
        lambda link: link[: len(link) // 2] + seal().sealed(CONTENT * 2, now=NOW)[len(link) // 2 :],
        lambda _: "",
        lambda _: "A",
        lambda _: "AQ",
        lambda _: "A" * 60,
        lambda _: "../../etc/passwd",
        lambda _: "%00",
        lambda _: "ü" * 40,
        lambda _: "AQ" + "\u200b" * 40,
    ],
)
def test_garbage_does_not_open(change):
    """Cut, doubled, turned round, put together of two, empty, or no such thing at all."""
    link = seal().sealed(CONTENT, now=NOW)

    with pytest.raises(LinkUnusable) as refused:
        seal().opened(change(link), now=NOW)
    assert str(refused.value) == str(LinkUnusable())


def test_a_link_that_is_too_long_is_not_looked_into():
    """Longer than any that is given out."""
    with pytest.raises(LinkTooLong):
        seal().opened("A" * (LONGEST + 1), now=NOW)


def test_what_does_not_fit_gets_no_link():
    """A link is left out rather than cut."""
    incompressible = "".join(f"{number * 7919 % 100003:x}" for number in range(2_000)).encode()

    assert seal().sealed(incompressible, now=NOW) is None


@pytest.mark.parametrize(
    ("later", "opens"), [(0, True), (60 * 60, True), (60 * 60 + 601, False), (86_400, False), (-60, True), (-86_400, False)]
)
def test_a_link_opens_for_its_time_alone(later, opens):
    """For the minutes that it is given, and not for ten more; a clock that is far behind opens none either."""
    link = seal().sealed(CONTENT, now=NOW)
    if opens:
        assert seal().opened(link, now=NOW + later) == CONTENT
        return
    with pytest.raises(LinkExpired, match="about 60 minutes"):
        seal().opened(link, now=NOW + later)


def test_a_key_opens_its_old_links_as_long_as_it_is_listed():
    """The first key seals; one that is taken off the list opens nothing any more."""
    before = seal(OLD).sealed(CONTENT, now=NOW)

    assert seal(NEW, OLD).opened(before, now=NOW) == CONTENT
    assert seal(NEW, OLD).sealed(CONTENT, now=NOW) == seal(NEW).sealed(CONTENT, now=NOW)
    with pytest.raises(LinkUnusable):
        seal(NEW).opened(before, now=NOW)


def test_nobody_learns_from_a_refusal_whether_a_link_is_theirs():
    """A strange key and a changed link are refused with the same words, also when the link is old as well."""
    strange = seal(STRANGE).sealed(CONTENT, now=NOW)
    for now in (NOW, NOW + 86_400):
        with pytest.raises(LinkUnusable) as refused:
            seal().opened(strange, now=now)
        assert type(refused.value) is LinkUnusable


@pytest.mark.parametrize(
    "other",
    [
        replace(KNOWLEDGE, version=KNOWLEDGE.version.model_copy(update={"version": "2019.1"})),
        replace(KNOWLEDGE, digest="0" * 64),
        replace(KNOWLEDGE, adjustments=replace(KNOWLEDGE.adjustments, policy="inclusive")),
    ],
    ids=["version", "files", "policy"],
)
def test_a_link_of_other_knowledge_does_not_open(other):
    """Its reasons would be shown with other rules than those that made the card."""
    with pytest.raises(LinkOfOtherKnowledge):
        seal().opened(seal(knowledge=other).sealed(CONTENT, now=NOW), now=NOW)


def test_a_file_has_one_key_on_each_line(tmp_path):
    """The first one seals."""
    file = tmp_path / "links.key"
    file.write_text(f"{NEW.hex()}\n{OLD.hex()}\n", encoding="ascii")

    assert read_link_keys(file) == (NEW, OLD)


@pytest.mark.parametrize("content", [b"", b"secret", b"00" * 31, b"00" * 33, "é".encode()])
def test_a_file_without_a_key_stops_the_start(tmp_path, content):
    """The sentence names the file and what it has to hold, and nothing of what it holds."""
    file = tmp_path / "links.key"
    file.write_bytes(content)

    with pytest.raises(
        LinkKeysUnusable, match=r"links\.key holds no keys of links: one on each line, each of 64 hexadecimal digits"
    ) as refused:
        read_link_keys(file)
    assert "secret" not in str(refused.value)
    with pytest.raises(LinkKeysUnusable, match="cannot be read"):
        read_link_keys(tmp_path / "nowhere")
