"""The demo's settings: whatever the environment says, nothing leaves this machine."""

import os
import secrets
from pathlib import Path
from zoneinfo import available_timezones

from callcrm import config
from callcrm.config import Settings
from callcrm.demo.sample_data.people import LINE, OPERATOR
from callcrm.simulator.account import Account

LOCALTIME = Path("/etc/localtime")
ZONES = "zoneinfo/"


def invented_account() -> Account:
    """An account at the simulated carrier that nobody else has."""
    return Account(f"AC{secrets.token_hex(16)}", secrets.token_hex(16))


def settings_for(folder: Path, url: str, account: Account, carrier_url: str) -> Settings:
    """Settings of Brightwater Laundry at this address, with this account."""
    given = {field.alias: field.default for field in Settings.model_fields.values() if field.alias}
    given |= {
        "CALLCRM_DATA_DIR": str(folder),
        "CALLCRM_PUBLIC_URL": url,
        "CALLCRM_OPERATOR_NUMBER": OPERATOR,
        "CALLCRM_NUMBERS": LINE,
        "CALLCRM_TIME_ZONE": local_zone(),
        "CALLCRM_SOFTPHONE": "simulator",
        "TWILIO_ACCOUNT_SID": account.sid,
        "TWILIO_AUTH_TOKEN": account.token,
        "CALLCRM_TWILIO_API_URL": carrier_url,
    }
    return config.load(given)


def local_zone() -> str:
    """The zone of this machine, so that the times on the pages are those on the wall."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if not named and LOCALTIME.is_symlink():
        named = str(LOCALTIME.readlink()).partition(ZONES)[2]
    return named if named in available_timezones() else "UTC"
