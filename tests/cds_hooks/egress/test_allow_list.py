"""Which servers may be called, and which URLs are theirs."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.egress.allow_list import find_service_base, read_service_base

BASE = read_service_base("https://ehr.example.org/fhir/R4")


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("https://ehr.example.org/fhir/R4", "https://ehr.example.org/fhir/R4"),
        ("https://ehr.example.org/fhir/R4/", "https://ehr.example.org/fhir/R4"),
        ("HTTPS://EHR.Example.ORG:443/fhir/R4", "https://ehr.example.org/fhir/R4"),
        ("https://ehr.example.org", "https://ehr.example.org"),
        ("https://ehr.example.org:8443/", "https://ehr.example.org:8443"),
        ("https://ehr_intern/api/FHIR/R4", "https://ehr_intern/api/FHIR/R4"),
        ("https://10.1.2.3/fhir", "https://10.1.2.3/fhir"),
        ("https://[2001:db8::1]/fhir", "https://[2001:db8::1]/fhir"),
        (
            "https://ehr.example.org/r4/ec2458f2-1e24-41c8-b71b-0e701af7583d",
            "https://ehr.example.org/r4/ec2458f2-1e24-41c8-b71b-0e701af7583d",
        ),
    ],
)
def test_a_base_has_a_normal_form(text, normal):
    """An operator may write a base in any usual way."""
    assert str(read_service_base(text)) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ehr.example.org/fhir",
        "//ehr.example.org/fhir",
        "ftp://ehr.example.org/fhir",
        "file:///etc/passwd",
        "http://ehr.example.org/fhir",
        "http://10.1.2.3/fhir",
        "http://127.0.0.1/fhir",
        "https://",
        "https:///fhir",
        "https://user@ehr.example.org/fhir",
        "https://user:word@ehr.example.org/fhir",
        "https://ehr.example.org/fhir?x=1",
        "https://ehr.example.org/fhir#x",
        "https://ehr.example.org/fhir/../admin",
        "https://ehr.example.org/fhir/./R4",
        "https://ehr.example.org/fhir/%2e%2e/admin",
        "https://ehr.example.org/fhir//R4",
        "https://ehr.example.org/fhir\\R4",
        "https://ehr.example.org\\@evil.example/fhir",
        "https://ehr.example.org/fhir R4",
        " https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir\n",
        "https://ehr.example.org/fhir\x00",
        "https://ehr\t.example.org/fhir",
        "https://ehr.example.org:99999/fhir",
        "https://ehr.example.org:0/fhir",
        "https://ehr.example.org:0x50/fhir",
        "https://ehr..example.org/fhir",
        "https://ehr.example.org./fhir",
        "https://-ehr.example.org/fhir",
        "https://" + "a" * 64 + ".example.org/fhir",
        "https://[::1/fhir",
        "https://[not:an:address]/fhir",
        "https://ｅhr.example.org/fhir",
        "https://ehr。example.org/fhir",
        "https://ehr.example.org/" + "a" * 2_000,
    ],
)
def test_what_is_no_plain_base_is_refused(text):
    """A mistake in the allow-list stops the start, in a sentence that does not repeat it."""
    with pytest.raises(ValueError, match="FHIR base URL") as error:
        read_service_base(text)
    assert "example" not in str(error.value)


@pytest.mark.parametrize("text", ["http://127.0.0.1:8090/fhir", "http://[::1]/fhir", "http://localhost/fhir"])
def test_http_is_for_this_machine_where_that_is_allowed(text):
    """A developer's own server may speak http; no other may."""
    assert str(read_service_base(text, loopback_http=True)) == text
    with pytest.raises(ValueError, match="http is for this machine alone"):
        read_service_base(text)
    with pytest.raises(ValueError, match="http is for this machine alone"):
        read_service_base("http://ehr.example.org/fhir", loopback_http=True)


@pytest.mark.parametrize("text", ["https://ehr.example.org/fhir/R4", "https://EHR.example.org:443/fhir/R4/"])
def test_a_listed_base_is_found(text):
    """A client may write its server as it likes; what is called is what the operator wrote."""
    assert find_service_base(text, [read_service_base("https://other.example.org"), BASE]) is BASE


@pytest.mark.parametrize(
    "text",
    [
        "https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir/R4/tenant",
        "https://ehr.example.org/fhir/R44",
        "https://ehr.example.org/FHIR/R4",
        "https://ehr.example.org:8443/fhir/R4",
        "http://ehr.example.org/fhir/R4",
        "https://ehr.example.org.evil.example/fhir/R4",
        "https://evil.example/ehr.example.org/fhir/R4",
        "https://evil.example/fhir/R4?https://ehr.example.org/fhir/R4",
        "https://ehr.example.org/fhir/R4/..",
        "https://ehr.example.org/fhir/R4/../R4",
    ],
)
def test_a_base_that_is_merely_similar_is_not_found(text):
    """Same scheme, host, port and path, or nothing."""
    assert find_service_base(text, [BASE]) is None


def test_nothing_is_found_where_nothing_is_listed():
    """The default is that no server is called."""
    assert find_service_base(str(BASE), []) is None


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://ehr.example.org/fhir/R4/Condition?page=2", "https://ehr.example.org/fhir/R4/Condition?page=2"),
        (
            "https://EHR.example.org:443/fhir/R4?_getpages=7&_bundletype=searchset",
            "https://ehr.example.org/fhir/R4?_getpages=7&_bundletype=searchset",
        ),
        ("https://ehr.example.org/fhir/R4/Condition/?_page_token=a%2Fb", "https://ehr.example.org/fhir/R4/Condition/?_page_token=a%2Fb"),
        (
            "https://ehr.example.org/fhir/R4/Condition/_search?sessionID=1-2",
            "https://ehr.example.org/fhir/R4/Condition/_search?sessionID=1-2",
        ),
        ("Condition?page=2", "https://ehr.example.org/fhir/R4/Condition?page=2"),
        ("/fhir/R4/Condition?page=2", "https://ehr.example.org/fhir/R4/Condition?page=2"),
        ("?page=2", "https://ehr.example.org/fhir/R4/?page=2"),
        ("Observation?code=http://loinc.org|1-1", "https://ehr.example.org/fhir/R4/Observation?code=http://loinc.org%7C1-1"),
        ("Condition?_page=a\\b", "https://ehr.example.org/fhir/R4/Condition?_page=a%5Cb"),
        ("Condition?ref=../Patient/1", "https://ehr.example.org/fhir/R4/Condition?ref=../Patient/1"),
    ],
)
def test_a_link_below_the_base_may_be_followed(link, url):
    """What servers put into their links to the next page."""
    assert str(BASE.linked(link)) == url


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/fhir/R4/Condition?page=2",
        "//evil.example/fhir/R4/Condition",
        "http://ehr.example.org/fhir/R4/Condition",
        "https://ehr.example.org:8443/fhir/R4/Condition",
        "https://ehr.example.org/fhir/R44/Condition",
        "https://ehr.example.org/fhir/R4/../admin",
        "https://ehr.example.org/fhir/R4/%2e%2e/admin",
        "https://ehr.example.org/fhir/R4/..%2fadmin",
        "https://ehr.example.org/fhir/R4/%252e%252e/admin",
        "https://user@ehr.example.org/fhir/R4/Condition",
        "https://ehr.example.org@evil.example/fhir/R4/Condition",
        "https://ehr.example.org\\@evil.example/fhir/R4",
        "https://ehr.example.org/fhir/R4\\..\\..\\admin",
        "https://ehr.example.org/fhir/R4/Condition#x",
        "https://ehr.example.org/fhir/R4/Condition?a=1#x",
        "https://ehr.example.org/fhir/R4/Condition?a=\r\nX-Header: 1",
        "https://ehr.example.org/fhir/R4/Cond\tition",
        "https://ehr.example.org/fhir/R4/Condition?a= b",
        "../../admin",
        "./Condition",
        "/admin",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://[::1",
        "https://ehr.example.org/fhir/R4/Condition?" + "a" * 70_000,
        "",
        "/",
    ],
)
def test_a_link_that_leads_out_of_the_base_is_not_followed(link):
    """The text is looked at before anybody resolves its dots, and the URL after."""
    assert BASE.linked(link) is None


@pytest.mark.parametrize("query", ["Patient/..", "Patient/../../admin", "../admin", "Patient/a%2Fb", "Patient/1#x", "Patient/a b"])
def test_a_query_that_leads_out_of_the_base_has_no_address(query):
    """Whatever a template was filled with."""
    assert BASE.address(query) is None


PIECES = [
    "https:",
    "http:",
    "/",
    "//",
    "\\",
    "..",
    ".",
    "@",
    ":",
    "?",
    "#",
    "%2e",
    "%2f",
    "%",
    "fhir",
    "R4",
    "R44",
    "admin",
    "443",
    "[",
    "::1",
    "]",
]
HOSTS = ["ehr.example.org", "evil.example", "EHR.example.org", "ehr.example.org.", "127.0.0.1", "\t", "\r\n", " ", "\x00", "。", "é"]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from([*PIECES, *HOSTS, str(BASE)]), max_size=12).map("".join))


@given(TEXTS)
def test_whatever_is_followed_another_reader_of_urls_sees_below_the_base_too(text):
    """Any text at all: nothing is raised, and two parsers agree on where what is sent leads."""
    assert find_service_base(text, [BASE]) in (BASE, None)
    for url in (BASE.linked(text), BASE.address(text)):
        if url is not None:
            sent = urlsplit(str(url))
            assert (sent.scheme, sent.netloc) == ("https", "ehr.example.org")
            assert f"{sent.path}/".startswith("/fhir/R4/")
            assert not {"..", "."} & set(unquote(sent.path).replace("\\", "/").split("/"))
