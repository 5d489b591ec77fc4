"""The demo's settings. The environment is not read, so that nothing leaves this machine."""

import os
import secrets
from pathlib import Path
from zoneinfo import available_timezones

from callcrm import config
from callcrm.config import Settings
from callcrm.demo.sample_data.people import BUSINESS_NUMBER, OPERATOR_NUMBER
from callcrm.simulator.account import Account

LOCALTIME = Path("/etc/localtime")
ZONE_FOLDER = "zoneinfo/"


def invented_account() -> Account:
    """A new account at the simulated carrier, with a random SID and auth token."""
    return Account(f"AC{secrets.token_hex(16)}", secrets.token_hex(16))


def settings_for(folder: Path, url: str, account: Account, carrier_url: str) -> Settings:
    """Settings of the sample business at this public URL: defaults, and what the demo needs."""
    environment = {field.alias: field.default for field in Settings.model_fields.values() if field.alias}
    environment |= {
        "CALLCRM_DATA_DIR": str(folder),
        "CALLCRM_PUBLIC_URL": url,
        "CALLCRM_OPERATOR_NUMBER": OPERATOR_NUMBER,
        "CALLCRM_NUMBERS": BUSINESS_NUMBER,
        "CALLCRM_TIME_ZONE": local_zone(),
        "CALLCRM_CALL_COUNTRIES": "US,IR",  # where the invented customers live
        "CALLCRM_SOFTPHONE": "simulator",
        "TWILIO_ACCOUNT_SID": account.sid,
        "TWILIO_AUTH_TOKEN": account.token,
        "CALLCRM_TWILIO_API_URL": carrier_url,
    }
    return config.load_settings(environment)


def local_zone() -> str:
    """The time zone of this machine, so that times are those of the clock on the wall; UTC if unknown."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name and LOCALTIME.is_symlink():
        name = str(LOCALTIME.readlink()).partition(ZONE_FOLDER)[2]
    return name if name in available_timezones() else "UTC"
