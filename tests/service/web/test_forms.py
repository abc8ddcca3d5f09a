"""What a browser posts is read whichever way it sends it; what no page of ours posts is known."""

import tracemalloc

import pytest
from starlette.requests import Request

from cds_hooks.errors import CDSHooksError
from service.web.forms import UnreadableForm, is_ours, read_form
from tests.service.web.pasting import MULTIPART, part

URLENCODED = "application/x-www-form-urlencoded"
BASE = "https://cds.example/cluneal"


def posted(**headers: str) -> Request:
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/integrator", "query_string": b"", "headers": sent})


@pytest.mark.parametrize("content", [b"", b"{}", b'{"a":\r\n"\xc3\xa9"}', b"\xff\x00\xfe", b"\r\n\r\n--", b"--x--", b'name="other"'])
def test_every_byte_of_a_field_arrives(content):
    """As it was sent, whatever is in it, by both kinds of form."""
    form = read_form(MULTIPART, part("chart", content) + part("file", content, "a.json") + b"------x--\r\n")

    assert (form.fields, form.files) == ({"chart": content, "file": content}, {"file": "a.json"})
    encoded = "".join(f"%{byte:02x}" for byte in content).encode()
    assert read_form("application/x-www-form-urlencoded", b"chart=" + encoded).fields == {"chart": content}


def test_escapes_are_read_a_stretch_at_a_time():
    """A form of nothing else takes not many times its own size; one that lies across the end of a stretch is not cut in two."""
    for shift in range(4):
        assert read_form(URLENCODED, b"chart=" + b"x" * shift + b"%41" * 60_000).fields == {"chart": b"x" * shift + b"A" * 60_000}
    body = b"chart=" + b"%41" * 300_000
    tracemalloc.start()
    try:
        read_form(URLENCODED, body)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 8 * len(body)


def test_json_of_crumbs_is_no_form():
    """Nothing is made of what no form has."""
    with pytest.raises(UnreadableForm, match="more parts than one can have"):
        read_form("application/json", b'{"chart":[' + b"[]," * 200_000 + b"[]]}")


def test_a_program_sends_json():
    """An object of texts."""
    assert read_form("application/json; charset=utf-8", b'{"chart": "{}", "hook": "order-sign"}').text("hook") == "order-sign"


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        *(("application/json", body) for body in (b"", b"[]", b'{"chart": 1}', b"{", b"[" * 5000, b'{"a":' + b"1" * 9000 + b"}", b"\xff")),
        *((MULTIPART, body) for body in (b"", b"------x--", b"------x\r\n", part("a", b"1"), part("a", b"1") * 30 + b"------x--\r\n")),
        ("application/x-www-form-urlencoded", b"a=1&" * 50),
        *(
            (media_type, b"{}")
            for media_type in ("", "text/plain", "application/xml", "multipart/form-data", "multipart/mixed; boundary=x")
        ),
    ],
)
def test_what_is_no_form_is_refused(media_type, body):
    """Calmly, with a status of the client's."""
    with pytest.raises(CDSHooksError) as refused:
        read_form(media_type, body)

    assert refused.value.status_hint in (400, 415)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://cds.example"},
        {"origin": "https://cds.example", "sec_fetch_site": "same-origin"},
        {"origin": "http://10.0.0.5:8000", "host": "10.0.0.5:8000"},
    ],
)
def test_a_page_of_ours_may_post(headers):
    """From our own origin, under whichever name the service is reached; so may a program, which says nothing of it."""
    assert is_ours(posted(**headers), BASE)


@pytest.mark.parametrize(
    "headers",
    [
        *(
            {"origin": origin, "host": "cds.example"}
            for origin in ("null", "https://evil.example", "http://cds.example.evil", "", "https://", "http://[", "http://]", "http://\xbd")
        ),
        *({"sec_fetch_site": site} for site in ("cross-site", "same-site", "none", "")),
        {"origin": "https://evil.example", "sec_fetch_site": "same-origin"},
        {"origin": "https://cds.example", "sec_fetch_site": "cross-site"},
    ],
)
def test_a_page_of_somebody_else_may_not(headers):
    """Another origin, one that is hidden, or a browser that says so itself."""
    assert not is_ours(posted(**headers), BASE)
