"""Settings: what the environment may say, and what stops the start."""

import pytest

from service.database_url import PostgreSQL, SQLiteFile
from service.settings import InvalidSettings, read_settings


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(InvalidSettings) as refused:
        read_settings(environ)
    return refused.value.problems


def test_an_empty_environment_gives_a_service_on_loopback():
    """Nothing has to be set: the service listens on 127.0.0.1:8000 and names itself so."""
    settings = read_settings({})

    assert (settings.host, settings.port, settings.base_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (settings.open, settings.origins, str(settings.time_zone)) == (False, (), "UTC")


def test_every_setting_is_read_from_its_variable():
    """Each field has one variable, with the prefix CLUNEAL_."""
    settings = read_settings(
        {
            "CLUNEAL_HOST": "::1",
            "CLUNEAL_PORT": "9000",
            "CLUNEAL_PUBLIC_BASE_URL": "https://cds.example/cluneal/",
            "CLUNEAL_OPEN": "1",
            "CLUNEAL_OPEN_FHIR_SERVERS": "https://fhir.example/r4, http://127.0.0.1:8090/fhir/R4",
            "CLUNEAL_DEADLINE_S": "0.8",
            "CLUNEAL_ORIGINS": "https://ehr.example, http://localhost:8080",
            "CLUNEAL_MAX_BODY_MB": "4",
            "CLUNEAL_RECEIVE_DEADLINE_S": "1.5",
            "CLUNEAL_TIME_ZONE": "America/Chicago",
            "CLUNEAL_POLICY": "inclusive",
            "CLUNEAL_THRESHOLDS": "relief-good=75, imaging-window=365",
            "CLUNEAL_DATABASE_URL": "sqlite:///memory.sqlite",
            "CLUNEAL_PSEUDONYM_KEY_FILE": "pseudonyms.key",
            "CLUNEAL_WHEN_STORE_IS_DOWN": "refuse",
            "CLUNEAL_STORE_DEADLINE_S": "2",
            "CLUNEAL_QUIET": "0",
            "CLUNEAL_DOCS": "1",
            "CLUNEAL_PAGES": "knowledge, ehr",
            "CLUNEAL_AGREED_ACCEPTANCE": "0.2, S3=0.3",
            "CLUNEAL_METRICS_PORT": "9001",
            "CLUNEAL_METRICS_HOST": "::1",
            "CLUNEAL_DRAIN_S": "5",
            "CLUNEAL_STOP_S": "20",
            "CLUNEAL_LOG_FORMAT": "json",
            "CLUNEAL_WHY_MINUTES": "30",
            "CLUNEAL_LINK_KEY_FILE": "links.key",
            "CLUNEAL_LOG_LEVEL": "warning",
        }
    )

    assert settings.model_dump(mode="json", exclude={"database_password_file"}) == {
        "host": "::1",
        "port": 9000,
        "public_base_url": "https://cds.example/cluneal",
        "clients_file": None,
        "other_base_urls": [],
        "open": True,
        "open_fhir_servers": ["https://fhir.example/r4", "http://127.0.0.1:8090/fhir/R4"],
        "deadline_s": 0.8,
        "origins": ["https://ehr.example", "http://localhost:8080"],
        "max_body_mb": 4,
        "receive_deadline_s": 1.5,
        "time_zone": "America/Chicago",
        "policy": "inclusive",
        "thresholds": [["relief-good", 75.0], ["imaging-window", 365.0]],
        "database_url": "sqlite:///memory.sqlite",
        "pseudonym_key_file": "pseudonyms.key",
        "when_store_is_down": "refuse",
        "store_deadline_s": 2.0,
        "quiet": False,
        "docs": True,
        "pages": ["ehr", "knowledge"],
        "agreed_acceptance": {"of_all": 0.2, "of_rule": {"S3": 0.3}},
        "metrics_port": 9001,
        "metrics_host": "::1",
        "drain_s": 5.0,
        "stop_s": 20,
        "log_format": "json",
        "why_minutes": 30,
        "link_key_file": "links.key",
        "log_level": "warning",
    }


def test_only_the_given_environment_counts(monkeypatch):
    """The process environment is an argument; it does not leak in."""
    monkeypatch.setenv("CLUNEAL_PORT", "9999")

    assert read_settings({}).port == 8000


def test_other_programs_variables_are_left_alone():
    """Variables without our prefix are nobody's business here."""
    assert read_settings({"PORT": "1", "HOST": "x", "PATH": "/bin"}).port == 8000


def test_an_empty_variable_is_not_set():
    """A variable left empty in a deployment file means its default."""
    assert read_settings({"CLUNEAL_PORT": "", "CLUNEAL_ORIGINS": "", "CLUNEAL_HOST": ""}).port == 8000


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("localhost", "8000", "http://localhost:8000"),
        ("::1", "8001", "http://[::1]:8001"),
        ("0.0.0.0", "8002", "http://localhost:8002"),
        ("::", "8003", "http://localhost:8003"),
    ],
)
def test_the_public_address_follows_host_and_port(host, port, address):
    """Unless it is named, the public address is one that a browser on this machine can open."""
    assert read_settings({"CLUNEAL_HOST": host, "CLUNEAL_PORT": port, "CLUNEAL_OPEN": "1"}).base_url == address


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "cds.example", "127.0.0.1.example"])
def test_an_open_service_stays_on_loopback(host):
    """Without clients to trust, any address but a loopback one stops the start."""
    (problem,) = problems({"CLUNEAL_HOST": host})

    assert "loopback" in problem
    assert "CLUNEAL_OPEN=1" in problem


def test_a_service_with_clients_may_be_reached_from_a_network():
    """Every call is signed; who wants it open to everybody as well contradicts that."""
    clients = {"CLUNEAL_CLIENTS_FILE": "clients.toml", "CLUNEAL_PUBLIC_BASE_URL": "https://cds.example", "CLUNEAL_HOST": "0.0.0.0"}

    assert str(read_settings(clients).clients_file) == "clients.toml"
    (problem,) = problems({**clients, "CLUNEAL_OPEN": "1"})
    assert problem.startswith("CLUNEAL_OPEN: not together with CLUNEAL_CLIENTS_FILE")


def test_clients_need_the_address_for_which_their_tokens_are_made():
    """No request is believed about the address under which it came."""
    (problem,) = problems({"CLUNEAL_CLIENTS_FILE": "clients.toml"})

    assert problem.startswith("CLUNEAL_CLIENTS_FILE: set CLUNEAL_PUBLIC_BASE_URL too")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_loopback_needs_no_permission(host):
    """Every loopback address is fine as it is."""
    assert read_settings({"CLUNEAL_HOST": host}).host == host


def test_a_setting_of_an_earlier_version_is_told_by_its_new_name():
    """Whoever upgrades learns where the file of the store is named now."""
    assert problems({"CLUNEAL_STORE": "cluneal.sqlite"}) == ("CLUNEAL_STORE is now CLUNEAL_DATABASE_URL=sqlite:///FILE",)


def test_a_service_remembers_in_a_file_of_its_own_unless_told_otherwise(tmp_path, monkeypatch):
    """In the working directory, with its key beside it; in PostgreSQL with the key of a named file; with "off" nowhere."""
    monkeypatch.chdir(tmp_path)
    database = {"CLUNEAL_DATABASE_URL": "postgresql://cds@db.example/cds", "CLUNEAL_PSEUDONYM_KEY_FILE": "/run/secrets/key"}

    assert read_settings({}).place == SQLiteFile(tmp_path / "cluneal.sqlite")
    assert read_settings({}).key_file == tmp_path / "cluneal.sqlite.key"
    assert read_settings(database).place == PostgreSQL("postgresql://cds@db.example/cds")
    assert str(read_settings(database).key_file) == "/run/secrets/key"
    assert (read_settings({"CLUNEAL_DATABASE_URL": "off"}).place, read_settings({"CLUNEAL_DATABASE_URL": "off"}).key_file) == (None, None)


def test_replicas_share_a_key():
    """A key that each of them made would tell each patient apart from himself."""
    (problem,) = problems({"CLUNEAL_DATABASE_URL": "postgresql://cds:secret@db.example/cds"})

    assert problem.startswith("CLUNEAL_PSEUDONYM_KEY_FILE: name the file")
    assert "secret" not in problem


def test_a_password_in_the_address_of_the_database_is_not_shown():
    """Neither by the settings nor by what they name."""
    settings = read_settings({"CLUNEAL_DATABASE_URL": "postgresql://cds:secret@db/cds", "CLUNEAL_PSEUDONYM_KEY_FILE": "key"})

    assert "secret" not in repr(settings) + repr(settings.place)


def test_nobody_is_led_to_the_switch_that_opens_the_service():
    """A slip that resembles it is answered with the list of settings."""
    (problem,) = problems({"CLUNEAL_OPENED": "1"})

    assert "CLUNEAL_OPEN?" not in problem


def test_a_mistyped_setting_stops_the_start():
    """A name we do not know is named, with the one that was probably meant."""
    assert problems({"CLUNEAL_ORIGIN": "https://ehr.example"}) == ("CLUNEAL_ORIGIN is not a setting (did you mean CLUNEAL_ORIGINS?)",)


def test_an_unrecognisable_setting_gets_the_list():
    """A name that resembles nothing is answered with all the names there are."""
    (problem,) = problems({"CLUNEAL_QQQQQQQQQQ": "1"})

    assert "CLUNEAL_QQQQQQQQQQ is not a setting" in problem
    assert "CLUNEAL_TIME_ZONE" in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLUNEAL_PORT", "http"),
        ("CLUNEAL_PORT", "70000"),
        ("CLUNEAL_PUBLIC_BASE_URL", "cds.example"),
        ("CLUNEAL_PUBLIC_BASE_URL", "https://user:secret@cds.example"),
        ("CLUNEAL_PUBLIC_BASE_URL", "https://cds.example/?a=b"),
        ("CLUNEAL_PUBLIC_BASE_URL", "https://cds.example/cluneal/cds-services/"),
        ("CLUNEAL_PUBLIC_BASE_URL", "https://cds.example:port"),
        ("CLUNEAL_OPEN", "perhaps"),
        ("CLUNEAL_OPEN_FHIR_SERVERS", "http://fhir.example/r4"),
        ("CLUNEAL_OPEN_FHIR_SERVERS", "https://fhir.example/r4?secret=1"),
        *(("CLUNEAL_ORIGINS", value) for value in ("*", "ehr.example", "https://ehr.example/")),
        *((f"CLUNEAL_{name}", "0") for name in ("DEADLINE_S", "MAX_BODY_MB")),
        *(("CLUNEAL_RECEIVE_DEADLINE_S", value) for value in ("0", "nan", "inf")),
        ("CLUNEAL_TIME_ZONE", "Chicago"),
        *(("CLUNEAL_DATABASE_URL", value) for value in ("secret", "sqlite://", "sqlite:///", "sqlite:///:memory:")),
        ("CLUNEAL_DATABASE_URL", "sqlite:///file:x?mode=memory"),
        ("CLUNEAL_DATABASE_URL", "sqlite:////"),
        ("CLUNEAL_DATABASE_URL", "sqlite:///" + "x" * 5000),
        ("CLUNEAL_DATABASE_URL", "sqlite:///no-such-folder/cluneal.sqlite"),
        ("CLUNEAL_DATABASE_URL", "postgresql://cds:secret@db.example"),
        ("CLUNEAL_DATABASE_URL", "postgresql://cds:secret@db.example:port/cds"),
        ("CLUNEAL_DATABASE_URL", "mysql://cds:secret@db.example/cds"),
        ("CLUNEAL_WHEN_STORE_IS_DOWN", "perhaps"),
        *(("CLUNEAL_PAGES", value) for value in ("ehr,secret", "all,none")),
        *((f"CLUNEAL_{name}", "no") for name in ("METRICS_PORT", "DRAIN_S", "STOP_S", "LOG_FORMAT", "LOG_LEVEL")),
    ],
)
def test_a_value_that_cannot_be_names_its_variable(name, value):
    """A wrong value is answered with its variable's name, never with the value: it may be a secret typed into the wrong place."""
    (problem,) = problems({name: value})

    assert problem.startswith(f"{name}: ")
    assert "secret" not in problem


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        *(("PORT", value, "must be a whole number from 1 to 65535") for value in ("abc", "0", "65536", "80.5")),
        *(("OPEN", value, "must be 1 or 0") for value in ("2", "maybe")),
        ("DOCS", "2", "must be 1 or 0"),
        *(("MAX_BODY_MB", value, "must be a whole number from 1 to 256") for value in ("x", "0", "257")),
        *(("RECEIVE_DEADLINE_S", value, "must be a number of seconds above 0, at most 60") for value in ("x", "0", "60.1", "nan")),
        ("TIME_ZONE", "Nowhere", "must be a name of the IANA database, such as America/Chicago"),
        ("POLICY", "secret", "must be evidence or inclusive"),
        ("LOG_LEVEL", "secret", "must be debug, info, warning or error"),
        *(
            ("THRESHOLDS", value, "write name=number, separated by commas, each name once: relief-good=75,imaging-window=365")
            for value in ("a=75%,b=x", "a")
        ),
    ],
)
def test_what_a_setting_may_be_is_said_in_our_words(name, value, says):
    """The sentence is that of the README, once, whatever a library calls the mistake; the bounds are those that hold."""
    assert problems({f"CLUNEAL_{name}": value}) == (f"CLUNEAL_{name}: {says}",)


@pytest.mark.parametrize(
    ("name", "values"), [("PORT", ("1", "65535")), ("MAX_BODY_MB", ("1", "256")), ("RECEIVE_DEADLINE_S", ("0.1", "60"))]
)
def test_the_bounds_that_are_named_are_allowed(name, values):
    """What the sentence says may be, may be."""
    for value in values:
        assert getattr(read_settings({f"CLUNEAL_{name}": value}), name.lower()) == float(value)


def test_all_problems_come_at_once():
    """Whoever sets up the service mends everything in one go."""
    with pytest.raises(InvalidSettings) as refused:
        read_settings(
            {
                "CLUNEAL_PORT": "x",
                "CLUNEAL_LOG_LEVEL": "loud",
                "CLUNEAL_OPEN_FHIR_SERVERS": "1",
                "CLUNEAL_HOTS": "::1",
                "CLUNEAL_HOST": "::",
            }
        )

    assert len(refused.value.problems) == 5
    assert str(refused.value).startswith("5 problems in the settings:\n  ")
