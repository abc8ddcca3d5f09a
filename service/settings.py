"""The settings of one running service, read once from CLUNEAL_* environment variables.

Gives: a frozen `Settings`, or InvalidSettings with every problem in one message. A name we do not know stops the
start: a mistyped setting that is ignored would leave the service open, slow or wrong without anybody knowing.
"""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from cds_hooks.egress.allow_list import read_service_base
from cds_hooks.transport import is_origin
from service.addresses import is_loopback, read_base
from service.agreed_acceptance import SAYS as AGREED_ACCEPTANCE
from service.agreed_acceptance import AgreedAcceptance, read_agreed_acceptance
from service.database_url import Place, PostgreSQL, SQLiteFile, read_database_url, read_password
from service.errors import ClinicError
from service.shown_pages import FOR_ALL, PAGES, Page, read_pages

PREFIX = "CLUNEAL_"
Thresholds: TypeAlias = tuple[tuple[str, float], ...]

# A setting of an earlier version, and what has taken its place.
RENAMED = {"CLUNEAL_STORE": "CLUNEAL_DATABASE_URL=sqlite:///FILE"}


class InvalidSettings(ClinicError):
    """The settings do not allow a start.

    Whose fault: the operator's. `problems` has one sentence for each thing to mend.
    """

    exit_code = 2

    def __init__(self, problems: tuple[str, ...]):
        heading = () if len(problems) == 1 else (f"{len(problems)} problems in the settings:",)
        super().__init__("\n  ".join((*heading, *problems)))
        self.problems = problems


class Settings(BaseSettings):
    """What the operator decides. Each field is the environment variable CLUNEAL_<FIELD>; its description says what it may be."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535, description="must be a whole number from 1 to 65535")
    public_base_url: str | None = None
    clients_file: Path | None = None  # after public_base_url; what stands below looks back at both and at host
    other_base_urls: Annotated[tuple[str, ...], NoDecode] = ()
    open: bool = Field(default=False, validate_default=True, description="must be 1 or 0")
    open_fhir_servers: Annotated[tuple[str, ...], NoDecode] = ()
    deadline_s: float = Field(default=1.2, ge=0.2, le=30, description="must be a number of seconds from 0.2 to 30")
    origins: Annotated[tuple[str, ...], NoDecode] = ()
    max_body_mb: int = Field(default=16, ge=1, le=256, description="must be a whole number from 1 to 256")
    receive_deadline_s: float = Field(default=3, gt=0, le=60, description="must be a number of seconds above 0, at most 60")
    time_zone: ZoneInfo = Field(default=ZoneInfo("UTC"), description="must be a name of the IANA database, such as America/Chicago")
    policy: Literal["evidence", "inclusive"] = Field(default="evidence", description="must be evidence or inclusive")
    thresholds: Annotated[Thresholds, NoDecode] = Field(
        default=(), description="write name=number, separated by commas, each name once: relief-good=75,imaging-window=365"
    )
    database_url: str = Field(default="sqlite:///cluneal.sqlite", repr=False)
    database_password_file: Path | None = None  # looks back at database_url
    pseudonym_key_file: Path | None = Field(default=None, validate_default=True)  # looks back at database_url
    when_store_is_down: Literal["answer", "refuse"] = Field(default="answer", description="must be answer or refuse")
    store_deadline_s: float = Field(default=1.0, ge=0.1, le=30, description="must be a number of seconds from 0.1 to 30")
    quiet: bool = Field(default=True, description="must be 1 or 0")
    docs: bool = Field(default=False, description="must be 1 or 0")
    pages: Annotated[tuple[Page, ...] | None, NoDecode] = Field(
        default=None, description=f"must be all, none, or some of {', '.join(PAGES)}, separated by commas"
    )
    agreed_acceptance: Annotated[AgreedAcceptance, NoDecode] = Field(default=AgreedAcceptance(), description=AGREED_ACCEPTANCE)
    metrics_port: int | None = Field(default=None, ge=1, le=65535, description="must be a whole number from 1 to 65535")
    metrics_host: str = "127.0.0.1"
    drain_s: float = Field(default=2, ge=0, le=60, description="must be a number of seconds from 0 to 60")
    stop_s: int = Field(default=7, ge=1, le=300, description="must be a whole number of seconds from 1 to 300")
    log_format: Literal["auto", "json", "text"] = Field(default="auto", description="must be auto, json or text")
    why_minutes: int = Field(default=60, ge=5, le=720, description="must be a whole number of minutes from 5 to 720")
    link_key_file: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="must be debug, info, warning or error")

    @property
    def local_url(self) -> str:
        """The address at which a program on this machine reaches the service."""
        host = "localhost" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - "every address" cannot be called
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def base_url(self) -> str:
        """The address under which clients see this service; unless it is set, the local one."""
        return self.public_base_url or self.local_url

    @property
    def shown_pages(self) -> tuple[Page, ...]:
        """The pages for people that are served: all of them where the service is tried out, open and on this machine alone."""
        if self.pages is not None:
            return self.pages
        return PAGES if self.clients_file is None and is_loopback(self.host) else FOR_ALL

    @property
    def place(self) -> Place | None:
        """Where the service remembers; None for nowhere."""
        return read_database_url(self.database_url, password_file=self.database_password_file)

    @property
    def key_file(self) -> Path | None:
        """The file with the key of the pseudonyms, beside a SQLite file unless it is named; None for a service that remembers nothing."""
        return self.pseudonym_key_file or (self.place.key_file if isinstance(self.place, SQLiteFile) else None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed over: the process environment comes in through read_settings and nowhere else."""
        return (init_settings,)

    @field_validator("origins", "open_fhir_servers", "other_base_urls", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("agreed_acceptance", mode="before")
    @classmethod
    def _is_agreed(cls, value: object) -> object:
        return read_agreed_acceptance(value) if isinstance(value, str) else value

    @field_validator("pages", mode="before")
    @classmethod
    def _all_none_or_some(cls, value: object) -> object:
        return read_pages(value) if isinstance(value, str) else value

    @field_validator("thresholds", mode="before")
    @classmethod
    def _name_and_number(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [tuple(part.strip() for part in pair.split("=")) for pair in value.split(",") if pair.strip()]
        if not all(len(pair) == 2 for pair in pairs) or len({pair[0] for pair in pairs}) < len(pairs):
            raise ValueError(cls.model_fields["thresholds"].description)
        return tuple(pairs)

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(is_origin, value)):
            raise ValueError(
                "an origin is written as browsers send it, https://ehr.example or https://ehr.example:8443; there is no wildcard"
            )
        return value

    @field_validator("open_fhir_servers")
    @classmethod
    def _are_fhir_servers(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if value and info.data.get("clients_file"):
            raise ValueError("not together with CLUNEAL_CLIENTS_FILE, where each client has its fhir_servers")
        for number, server in enumerate(value, start=1):
            try:
                read_service_base(server, loopback_http=True)
            except ValueError as wrong:
                raise ValueError(f"server {number} of the list is {wrong}") from None
        return value

    @field_validator("public_base_url")
    @classmethod
    def _is_base(cls, value: str | None) -> str | None:
        return None if value is None else read_base(value)

    @field_validator("other_base_urls")
    @classmethod
    def _are_bases(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if value and info.data.get("clients_file", "") is None:
            raise ValueError("only with CLUNEAL_CLIENTS_FILE: it is for the tokens of clients, which name the address that is called")
        return tuple(read_base(one) for one in value)

    @field_validator("database_url")
    @classmethod
    def _names_a_place(cls, value: str) -> str:
        read_database_url(value)
        return value

    @field_validator("database_password_file")
    @classmethod
    def _holds_the_password(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None:
            if not isinstance(read_database_url(info.data.get("database_url", "off")), PostgreSQL):
                raise ValueError("only with PostgreSQL: CLUNEAL_DATABASE_URL=postgresql://USER@HOST/DATABASE")
            read_password(value)
        return value

    @field_validator("pseudonym_key_file")
    @classmethod
    def _is_shared_by_replicas(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is None and isinstance(read_database_url(info.data.get("database_url", "off")), PostgreSQL):
            raise ValueError(
                "name the file with the key of the pseudonyms, the same on every replica; cluneal-cds db new-key FILE makes one"
            )
        return value

    @field_validator("clients_file")
    @classmethod
    def _goes_with_an_address(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and info.data.get("public_base_url", "") is None:
            raise ValueError(
                "set CLUNEAL_PUBLIC_BASE_URL too: the tokens of clients are made for the address under which they call, "
                "and no request is believed about it"
            )
        return value

    @field_validator("open")
    @classmethod
    def _is_meant(cls, value: bool, info: ValidationInfo) -> bool:
        clients = info.data.get("clients_file")
        if value and clients:
            raise ValueError("not together with CLUNEAL_CLIENTS_FILE: either everybody is answered or the clients of the file are")
        if not (value or clients or "clients_file" not in info.data or is_loopback(info.data.get("host", "localhost"))):
            raise ValueError(
                "without a clients file everybody who reaches the service is answered, so it listens on a loopback address only; "
                "set CLUNEAL_CLIENTS_FILE, or CLUNEAL_HOST=127.0.0.1, or CLUNEAL_OPEN=1 if it is meant to be open to everybody"
            )
        return value


def read_settings(environ: Mapping[str, str], *, refused: Callable[[Thresholds], Iterable[str]] = lambda _: ()) -> Settings:
    """The settings that `environ` describes; other programs' variables are not looked at.

    refused  what is wrong with thresholds that are well written
    """
    ours = {name: value.strip() for name, value in environ.items() if name.upper().startswith(PREFIX) and value.strip()}
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    given = _Given(ours)()
    problems = [_refusal(name, known) for name in sorted(ours) if name.upper() not in known]
    problems += [f"{PREFIX}THRESHOLDS: {problem}" for problem in refused(_thresholds(given))]
    try:
        settings = Settings.model_validate(given)
    except ValidationError as invalid:
        raise InvalidSettings((*problems, *_sentences(invalid))) from None
    if problems:
        raise InvalidSettings(tuple(problems))
    return settings


def _thresholds(given: Mapping[str, Any]) -> Thresholds:
    """The thresholds by themselves, so that another setting that is wrong does not hide what is wrong with them."""
    try:
        return Settings.model_validate({name: value for name, value in given.items() if name == "thresholds"}).thresholds
    except ValidationError:
        return ()


class _Given(EnvSettingsSource):
    """An environment that was handed over instead of the process's own."""

    def __init__(self, environ: Mapping[str, str]):
        self._environ = environ
        super().__init__(Settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._environ.items()}


def _refusal(name: str, known: set[str]) -> str:
    if name.upper() in RENAMED:
        return f"{name} is now {RENAMED[name.upper()]}"
    # Nobody is led by a slip to the switch that opens the service.
    words = sorted(one.removeprefix(PREFIX) for one in known - {"CLUNEAL_OPEN"})
    close = get_close_matches(name.upper().removeprefix(PREFIX), words, n=1)
    return f"{name} is not a setting" + (f" (did you mean {PREFIX}{close[0]}?)" if close else f"; settings are {', '.join(sorted(known))}")


def _sentences(invalid: ValidationError) -> tuple[str, ...]:
    # Never the value itself: what an operator typed into the wrong variable may be a secret.
    found = [(str(error["loc"][0]), error) for error in invalid.errors(include_input=False, include_url=False)]
    return tuple(dict.fromkeys(f"{PREFIX}{name.upper()}: {_says(error, name)}" for name, error in found))


def _says(error: Any, name: str) -> str:
    """Our own sentence: that of the check that failed, else what the setting may be."""
    return str(error["ctx"]["error"] if error["type"] == "value_error" else Settings.model_fields[name].description or error["msg"])
