"""Settings a command cannot do without."""

from callcrm.config import Settings, SettingsFault


def carrier_account(settings: Settings) -> None:
    """SettingsFault naming what is missing of the carrier account."""
    needed = {"TWILIO_ACCOUNT_SID": settings.account_sid, "TWILIO_AUTH_TOKEN": settings.auth_token}
    missing = [f"{name}: not set (the carrier account)" for name, value in needed.items() if not value]
    if missing:
        raise SettingsFault(missing)
