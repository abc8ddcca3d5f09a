"""The knowledge over HTTP: whole and in parts, our FHIR resources at their own addresses, and nothing but reading."""

import json

import pytest
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.valueset import ValueSet

from service.app import create_app
from service.knowledge.load import FOLDER, load_knowledge
from service.settings import read_settings
from tests.service.web.wire import asked

WHOLE, PART, FHIR = "/knowledge", "/knowledge/rules/X-01", "/fhir/CodeSystem/examination"
EACH_KIND = pytest.mark.parametrize("path", [WHOLE, "/knowledge/nerves", PART, "/fhir/ValueSet/fever", FHIR])
SERVED = [
    *(f"/fhir/ValueSet/{path.stem}" for path in sorted((FOLDER / "value_sets").glob("*.json"))),
    *(f"/fhir/CodeSystem/{path.stem}" for path in sorted((FOLDER / "code_systems").glob("*.json"))),
]


async def test_everything_is_one_request():
    """Whoever reviews the knowledge gets all of it as JSON, in UTF-8."""
    answer = await asked(WHOLE)

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json["version"] == load_knowledge().version.version
    assert answer.body.decode("utf-8")


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ("/knowledge/rules/X-01", "id", "X-01"),
        ("/knowledge/attributes/9", "number", 9),
        ("/knowledge/nerves/superior", "rule", "N-SCN"),
        ("/knowledge/thresholds/imaging-window", "most", 730),
        ("/knowledge/findings/fever", "label", "Fever"),
        ("/knowledge/evidence/kiral-2024", "kind", "cohort"),
        ("/knowledge/codeSystems/examination", "resourceType", "CodeSystem"),
    ],
)
async def test_one_thing_has_its_own_address(path, key, value):
    """What a card or a page names can be looked up by that name, and is what the whole says of it."""
    answer = await asked(path)
    _, _, room, name = path.split("/")

    assert (answer.status, answer.json[key]) == (200, value)
    assert answer.json == (await asked(WHOLE)).json[room][name]


async def test_the_whole_is_its_rooms():
    """One part by its name is the same as in the whole, which is written as it would be at once."""
    whole = await asked(WHOLE)

    assert whole.body.decode() == json.dumps(
        {room: (await asked(f"/knowledge/{room}")).json for room in whole.json}, indent=1, ensure_ascii=False
    )


async def test_nothing_is_written_while_it_is_asked(monkeypatch):
    """The whole, a room and a resource of ours are ready from the start; one thing is written once."""
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": "off"}))
    first = await asked(PART, app=app)
    monkeypatch.setattr("service.web.knowledge_json.tagged", None)
    monkeypatch.setattr("service.web.knowledge_json._text", None)

    assert [(await asked(path, app=app)).status for path in (WHOLE, "/knowledge/valueSets", FHIR, "/fhir/ValueSet/fever")] == [200] * 4
    assert (await asked(PART, app=app)).body == first.body


async def test_every_rule_has_its_address():
    """Whatever rule a card names in its basis or a silence gives as its reason."""
    rules = [rule.id for stage in load_knowledge().rules.values() for rule in stage]

    assert [(await asked(f"/knowledge/rules/{id_}")).json["id"] for id_ in rules] == rules


@pytest.mark.parametrize(
    "path", ["/knowledge/thresholds/imaging-window", "/knowledge/studies/lumbar-imaging", "/knowledge/adjusted", WHOLE]
)
async def test_a_part_has_the_numbers_of_the_site(path):
    """Where a threshold was moved, its address and the places that count with it say the moved number, under another tag."""
    site = create_app(read_settings({"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_THRESHOLDS": "imaging-window=365"}))
    moved, shipped = await asked(path, app=site), await asked(path)

    assert b"365" in moved.body
    assert moved.headers["etag"] != shipped.headers["etag"]


@pytest.mark.parametrize(
    "path",
    [
        *("/knowledge/rules/X-99", "/knowledge/rules/x-01", "/knowledge/rules/X-01/says", "/knowledge/attributes/14"),
        *("/knowledge/attributes/0", "/knowledge/version/0", "/knowledge/version/2", "/knowledge/settings", "/knowledge/"),
        *("/knowledge//", "/knowledge/rules/", "/knowledge//X-01", "/knowledge/rules//X-01", "/Knowledge", "/knowledge.json"),
        *("/knowledge/rules/X-01/", "/knowledge/rules/X-01%20", "/fhir", "/fhir/", "/fhir/ValueSet", "/fhir/ValueSet/"),
        *("/fhir/ValueSet/fever.json", "/fhir/ValueSet/Fever", "/fhir/valueset/fever", "/fhir/ValueSet/fever/_history/1"),
        *("/fhir/ValueSet/examination", "/fhir/CodeSystem/fever", "/fhir/Patient/1", "/fhir/metadata"),
    ],
)
async def test_what_is_not_there_is_a_404(path):
    """With an OperationOutcome, as every error of the service, and without repeating what was asked for."""
    answer = await asked(path)

    assert (answer.status, answer.headers["content-type"]) == (404, "application/fhir+json")
    assert OperationOutcome.model_validate(answer.json).issue[0].code == "not-found"
    assert "X-99" not in answer.body.decode()


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/knowledge/../version.toml",
            "/knowledge/rules/../../version",
            "/knowledge/..",
            "/knowledge/.",
            "/knowledge/rules/..",
            "/knowledge/..;/",
        ),
        *(
            "/knowledge/%2e%2e/version.toml",
            "/knowledge/rules/%2e%2e",
            "/knowledge/rules/..%2f..%2fversion",
            "/knowledge/..%5cversion.toml",
        ),
        *("/knowledge/%252e%252e", "/knowledge/rules/%00", "/knowledge/rules/X-01%00", "/knowledge/rules/%ff", "/knowledge/%0d%0aX: y"),
        *("/knowledge/__class__", "/knowledge/rules/__class__", "/knowledge/keys", "/knowledge/rules/__getitem__", "/knowledge/rules/*"),
        *("/fhir/ValueSet/../../version.toml", "/fhir/ValueSet/..%2fversion", "/fhir/ValueSet/../CodeSystem/examination", "/fhir/../livez"),
        *(
            "/fhir/ValueSet/%2e%2e%2f%2e%2e%2fversion.toml",
            "/fhir/__class__/x",
            "/fhir/ValueSet/__class__",
            "//etc/passwd",
            "/fhir/ValueSet/%2fetc",
        ),
    ],
)
async def test_a_path_leads_to_no_other_place(path):
    """Steps upwards, encoded or not, names of Python and signs of control are names like any other: nothing has them."""
    answer = await asked(path)

    assert answer.status == 404
    assert OperationOutcome.model_validate(answer.json)
    assert not [word for word in (load_knowledge().digest, "passwd", "alive") if word in answer.body.decode()]


@EACH_KIND
async def test_a_head_tells_what_a_get_would(path):
    """Status, type, length and tag are the same."""
    get, head = await asked(path), await asked(path, "HEAD")
    names = ("content-type", "content-length", "etag", "cache-control")

    assert (head.status, [head.headers[name] for name in names]) == (200, [get.headers[name] for name in names])
    assert int(get.headers["content-length"]) == len(get.body)


async def test_a_head_of_nothing_is_a_404():
    """A client that looks first learns the same."""
    assert (await asked("/knowledge/rules/X-99", "HEAD")).status == 404


@EACH_KIND
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '{}, W/"other"', '"other",{}'])
async def test_who_has_it_already_gets_nothing_again(path, form):
    """The tag of the last answer, strong or weak, alone or among others: 304 without a body, with the same tag."""
    first = await asked(path)
    again = await asked(path, if_none_match=form.format(first.headers["etag"]))

    assert (again.status, again.body) == (304, b"")
    assert (again.headers["etag"], again.headers["cache-control"]) == (first.headers["etag"], first.headers["cache-control"])


@EACH_KIND
@pytest.mark.parametrize("tag", ["", '"other"', "other", '""', "W/", '"'])
async def test_who_has_something_else_gets_all_of_it(path, tag):
    """A tag of another state, or none, is answered in full."""
    assert (await asked(path, if_none_match=tag)).status == 200


async def test_each_part_has_its_own_tag():
    """A client that holds one part is not told that it holds another; the same part has the same tag each time."""
    paths = (WHOLE, "/knowledge/rules", PART, "/knowledge/rules/X-02", FHIR, "/fhir/ValueSet/fever")
    tags = [(await asked(path)).headers["etag"] for path in paths]

    assert len(set(tags)) == len(tags)
    assert [(await asked(path)).headers["etag"] for path in paths] == tags


@EACH_KIND
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "MKCOL"])
async def test_nothing_can_be_written(path, method):
    """Any other method is refused with the two that there are; what was there is still there."""
    before = (await asked(path)).body
    answer = await asked(path, method)

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert OperationOutcome.model_validate(answer.json).issue[0].code == "not-supported"
    assert (await asked(path)).body == before


@EACH_KIND
async def test_the_headers_are_safe(path):
    """No browser guesses another type, a cache asks before each use, and nothing says what software answers."""
    for answer, cached in ((await asked(path), "no-cache"), (await asked(f"{path}-not-there"), "no-store")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == cached
        assert not answer.headers.keys() & {"server", "x-powered-by", "set-cookie"}


@pytest.mark.parametrize("query", ["?_format=xml", "?x=1&x=2", "?", "?%00"])
async def test_a_query_changes_nothing(query):
    """Parameters that a FHIR client adds by habit are not looked at."""
    assert (await asked(FHIR + query)).body == (await asked(FHIR)).body


@pytest.mark.parametrize("path", SERVED)
async def test_our_fhir_resources_are_served_where_their_codes_point(path):
    """Valid R4 under the path of its own canonical URL, as FHIR JSON, with the id that the address ends with."""
    answer = await asked(path)
    shape = ValueSet if "/ValueSet/" in path else CodeSystem
    resource = shape.model_validate(answer.json)

    assert (answer.status, answer.headers["content-type"]) == (200, "application/fhir+json")
    assert str(resource.url).endswith(path)
    assert resource.version == load_knowledge().version.version
    assert (resource.id, answer.json["resourceType"]) == (path.rsplit("/", 1)[1], path.split("/")[2])


async def test_every_value_set_of_the_knowledge_is_served():
    """Whatever set a finding names can be fetched, and holds the codes that are counted with."""
    for name, known in load_knowledge().value_sets.items():
        include = (await asked(f"/fhir/ValueSet/{name}")).json["compose"]["include"]
        assert {(part["system"], one["code"]) for part in include for one in part["concept"]} == known.codes


async def test_every_code_of_ours_is_defined():
    """A code that our own system is said to have stands in the CodeSystem that is served under its URL."""
    system = (await asked(FHIR)).json
    ours = {code for known in load_knowledge().value_sets.values() for uri, code in known.codes if uri == system["url"]}

    assert ours
    assert ours <= {concept["code"] for concept in system["concept"]}
