"""Settings that a command cannot do without."""

from callcrm.config import Settings, SettingsFault


def require_carrier_account(settings: Settings) -> None:
    """Raise SettingsFault, a line for each setting of the carrier account that is missing."""
    account = {"TWILIO_ACCOUNT_SID": settings.account_sid, "TWILIO_AUTH_TOKEN": settings.auth_token}
    missing = [f"{name}: not set (the carrier account)" for name, value in account.items() if not value]
    if missing:
        raise SettingsFault(missing)
