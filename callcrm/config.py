"""Settings, from environment variables and `.env`; nothing else reads them. A fault names its variable."""

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import cache, cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from phonenumbers import SUPPORTED_REGIONS
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from callcrm import env_file
from callcrm.paths import folder

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
SIP = re.compile(r"sips?:[A-Za-z0-9_.+~-]{1,64}@[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?")
MAX_PORT = 65535
NO_ZONES = "time zones: this Python finds none, so no setting of one can be used: install the package tzdata"
EVERY_COUNTRY = "*"
PREFIX = "CALLCRM_"
HTTP_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")


@cache
def _zones() -> set[str]:
    # The library walks the folder of zones each time.
    return available_timezones()


def _has_zones() -> bool:
    try:
        ZoneInfo("UTC")
    except ZoneInfoNotFoundError:
        return False
    return True


class SettingsFault(Exception):
    """Settings are missing or malformed; `lines` has one line per fault."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def _with_usable_port(url: str) -> str:
    """The URL; ValueError where its port is none. One of several PostgreSQL hosts is not looked at."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    port = host.rpartition("]")[2].rpartition(":")[2] if ":" in host.rpartition("]")[2] else ""
    if "," not in host and port and not (port.isascii() and port.isdigit() and 0 < int(port) <= MAX_PORT):
        raise ValueError("has a port that is no number from 1 to 65535")
    return url


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class Settings(BaseSettings):
    """Every setting, each under the variable of README's table that is its alias."""

    model_config = SettingsConfigDict(
        env_file=env_file.NAME,
        env_file_encoding="utf-8-sig",
        extra="ignore",
        env_ignore_empty=True,
        populate_by_name=True,
    )

    database_url: str = Field(default="", alias="CALLCRM_DATABASE_URL")
    data_dir: Path = Field(default=Path("var"), alias="CALLCRM_DATA_DIR")
    public_url: str = Field(default="", alias="CALLCRM_PUBLIC_URL")
    redis_url: str | None = Field(default=None, alias="CALLCRM_REDIS_URL")
    trusted_proxies: Annotated[list[str], NoDecode] = Field(default=[], alias="CALLCRM_TRUSTED_PROXIES")
    recordings_url: str = Field(default="", alias="CALLCRM_RECORDINGS_URL")
    s3_endpoint: str = Field(default="", alias="CALLCRM_S3_ENDPOINT")
    s3_region: str | None = Field(default=None, alias="CALLCRM_S3_REGION")
    s3_access_key_id: str | None = Field(default=None, alias="CALLCRM_S3_ACCESS_KEY_ID")
    s3_secret_access_key: str | None = Field(default=None, alias="CALLCRM_S3_SECRET_ACCESS_KEY", repr=False)
    operator_numbers: Annotated[list[str], NoDecode] = Field(default=[], alias="CALLCRM_OPERATOR_NUMBER")
    numbers: Annotated[list[str], NoDecode] = Field(default=[], alias="CALLCRM_NUMBERS")
    default_region: str = Field(default="US", alias="CALLCRM_DEFAULT_REGION")
    time_zone: str = Field(default="UTC", alias="CALLCRM_TIME_ZONE")
    flows_dir: Path | None = Field(default=None, alias="CALLCRM_FLOWS_DIR")
    signatures: Literal["enforce", "observe"] = Field(default="enforce", alias="CALLCRM_SIGNATURES")
    call_countries: Annotated[list[str], NoDecode] = Field(default=[], alias="CALLCRM_CALL_COUNTRIES")
    call_minutes: int = Field(default=120, ge=1, le=240, alias="CALLCRM_CALL_MINUTES")
    calls_per_day: int = Field(default=1000, ge=0, le=1_000_000, alias="CALLCRM_CALLS_PER_DAY")
    spend_per_day: Decimal = Field(default=Decimal(100), ge=0, le=1_000_000, alias="CALLCRM_SPEND_PER_DAY")
    call_price: Decimal = Field(default=Decimal("0.10"), ge=0, le=1000, alias="CALLCRM_CALL_PRICE")
    hsts: Literal["off", "host", "subdomains"] = Field(default="host", alias="CALLCRM_HSTS")
    softphone: Literal["none", "simulator"] = Field(default="none", alias="CALLCRM_SOFTPHONE")
    account_sid: str = Field(default="", alias="TWILIO_ACCOUNT_SID")
    auth_token: str = Field(default="", alias="TWILIO_AUTH_TOKEN", repr=False)
    auth_token_secondary: str | None = Field(default=None, alias="TWILIO_AUTH_TOKEN_SECONDARY", repr=False)
    api_key: str | None = Field(default=None, alias="TWILIO_API_KEY")
    api_secret: str | None = Field(default=None, alias="TWILIO_API_SECRET", repr=False)
    twiml_app_sid: str | None = Field(default=None, alias="TWILIO_TWIML_APP_SID")
    carrier_api_url: str = Field(default="https://api.twilio.com", alias="CALLCRM_TWILIO_API_URL")
    certificates: Path | None = Field(default=None, alias="SSL_CERT_FILE")

    _split_lists = field_validator(
        "operator_numbers", "numbers", "trusted_proxies", "call_countries", mode="before"
    )(_split)

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str) -> str:
        if value and not re.match(r"sqlite:///.|postgresql(\+psycopg)?://", value):
            raise ValueError("must be sqlite:///PATH or postgresql://…")
        return _with_usable_port(value)

    @field_validator("public_url", "carrier_api_url", "s3_endpoint")
    @classmethod
    def _check_http_url(cls, value: str) -> str:
        if value and not HTTP_URL.fullmatch(value):
            raise ValueError("must be an http(s) URL without user, query or fragment")
        return _with_usable_port(value).rstrip("/")

    @field_validator("recordings_url")
    @classmethod
    def _check_recordings_url(cls, value: str) -> str:
        if value and not re.fullmatch(r"file:///.+|s3://[^/\s]+(/\S*)?", value):
            raise ValueError("must be file:///DIR or s3://BUCKET/PREFIX")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, value: list[str]) -> list[str]:
        try:
            return [str(ip_network(network)) for network in value]
        except ValueError:
            raise ValueError("must be addresses or networks such as 10.0.0.0/8, comma-separated") from None

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, value: str | None) -> str | None:
        if value and not re.match(r"(redis|rediss|unix)://", value):
            raise ValueError("must be a redis:// URL")
        return _with_usable_port(value) if value else value

    @field_validator("operator_numbers")
    @classmethod
    def _check_operator_numbers(cls, value: list[str]) -> list[str]:
        wrong = [number for number in value if not E164.fullmatch(number) and not SIP.fullmatch(number)]
        if wrong:
            raise ValueError("must be E.164 numbers (+15550100) or SIP addresses, comma-separated")
        if len(value) > 10:
            raise ValueError("can be at most 10: the carrier rings no more at once")
        return value

    @field_validator("numbers")
    @classmethod
    def _check_numbers(cls, value: list[str]) -> list[str]:
        if any(not E164.fullmatch(number) for number in value):
            raise ValueError("must be E.164 numbers (+15550100), comma-separated")
        return value

    @field_validator("default_region")
    @classmethod
    def _check_region(cls, value: str) -> str:
        if value not in SUPPORTED_REGIONS:
            raise ValueError("must be an ISO country such as US or CH")
        return value

    @field_validator("call_countries")
    @classmethod
    def _check_countries(cls, value: list[str]) -> list[str]:
        if any(country not in SUPPORTED_REGIONS and country != EVERY_COUNTRY for country in value):
            raise ValueError("must be ISO countries such as US or CH, comma-separated, or * for all")
        return value

    @field_validator("flows_dir")
    @classmethod
    def _check_flows_dir(cls, value: Path | None) -> Path | None:
        if value and not any(value.glob("*.toml")):
            raise ValueError("must be a folder with flows (*.toml) in it")
        return value

    @field_validator("certificates")
    @classmethod
    def _check_certificates(cls, value: Path | None) -> Path | None:
        try:
            if value:
                ssl.create_default_context(cafile=value)
        except ssl.SSLError:
            raise ValueError(f"{value} holds no certificates (PEM)") from None
        except OSError as error:
            raise ValueError(f"{value} can't be read ({error.strerror})") from None
        return value

    @field_validator("time_zone")
    @classmethod
    def _check_time_zone(cls, value: str) -> str:
        if value not in _zones():
            raise ValueError("must be a zone such as Europe/Zurich or Asia/Tehran")
        return value

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone of opening hours and reports."""
        return ZoneInfo(self.time_zone)

    @property
    def path_prefix(self) -> str:
        """The path of the public URL, below which a proxy serves us; "" if it has none."""
        return quote(urlsplit(self.public_url).path, safe="/%:@!$&()*+=~")

    @property
    def call_seconds(self) -> int:
        """How long any outgoing leg may last, in seconds."""
        return self.call_minutes * 60

    @property
    def database(self) -> str:
        """The database URL; by default SQLite in the data directory."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'callcrm.sqlite3').absolute()}"

    @property
    def on_sqlite(self) -> bool:
        """Whether the store is SQLite."""
        return self.database.startswith("sqlite")

    @property
    def recordings(self) -> str:
        """Where recordings are stored, as a URL; by default a folder in the data directory."""
        return self.recordings_url or f"file://{(self.data_dir / 'recordings').absolute()}"

    @property
    def spool(self) -> Path:
        """The folder where events wait while the store is away."""
        return self.data_dir / "spool"

    @property
    def kept_proofs(self) -> Path:
        """The file that says which flows are proved already."""
        return self.data_dir / "proofs"

    @property
    def flows(self) -> Path:
        """The folder of IVR flows; by default those we ship."""
        return self.flows_dir or folder("ivr_flows")

    @property
    def auth_tokens(self) -> tuple[str, ...]:
        """Auth tokens that a valid signature may be made with: two while one is being replaced."""
        return tuple(token for token in (self.auth_token, self.auth_token_secondary) if token)


class _ServeSettings(Settings):
    operator_numbers: Annotated[list[str], NoDecode] = Field(min_length=1, alias="CALLCRM_OPERATOR_NUMBER")
    account_sid: str = Field(alias="TWILIO_ACCOUNT_SID")
    auth_token: str = Field(alias="TWILIO_AUTH_TOKEN", repr=False)

    @field_validator("softphone")
    @classmethod
    def _no_simulator(cls, value: str) -> str:
        if value == "simulator":
            raise ValueError("the simulator rings nobody; it is for callcrm demo alone")
        return value


SERVE_NEEDS = {
    "CALLCRM_OPERATOR_NUMBER": "the human of last resort",
    "TWILIO_ACCOUNT_SID": "the carrier account",
    "TWILIO_AUTH_TOKEN": "what the carrier signs with",
}
MISSING = ("missing", "too_short")


def _fault_lines(fault: ValidationError) -> Iterator[str]:
    names = {name: str(field.alias) for name, field in Settings.model_fields.items()}
    for error in fault.errors():
        field = str(error["loc"][0]) if error["loc"] else "settings"
        name = names.get(field, field)
        missing = error["type"] in MISSING
        problem = f"not set ({SERVE_NEEDS[name]})" if missing else error["msg"].removeprefix("Value error, ")
        yield f"{name}: {problem}"


def load_settings(environment: Mapping[str, Any] | None = None, *, to_serve: bool = False) -> Settings:
    """Settings from the environment and `.env`, or from this mapping alone; SettingsFault if malformed,
    or, `to_serve`, without what `serve` needs.
    """
    kind = _ServeSettings if to_serve else Settings
    if environment is None and (fault_line := env_file.fault()):
        raise SettingsFault([fault_line])
    if not _has_zones():
        raise SettingsFault([NO_ZONES])
    try:
        # _env_file is an argument pydantic-settings adds, which its mypy plugin does not know.
        settings = kind() if environment is None else kind(_env_file=None, **environment)  # type: ignore[call-arg]
    except ValidationError as fault:
        raise SettingsFault(list(_fault_lines(fault))) from None
    if environment is None and settings.certificates:
        # Of `.env` too: libraries that check certificates look into the environment alone.
        os.environ["SSL_CERT_FILE"] = str(settings.certificates)
    return settings


def unknown_names() -> dict[str, str]:
    """Variables of the environment and of `.env` that are named as ours and are no settings, each with the
    setting it is most like, or "".
    """
    names = [str(field.alias) for field in Settings.model_fields.values()]
    present = {name.upper() for name in (*os.environ, *env_file.names())} - set(names)
    likely = {name: "".join(get_close_matches(name, names, n=1, cutoff=0.85)) for name in sorted(present)}
    ours = {name: like for name, like in likely.items() if name.startswith(PREFIX)}
    return ours | {name: like for name, like in likely.items() if like and name.startswith("TWILIO_")}
