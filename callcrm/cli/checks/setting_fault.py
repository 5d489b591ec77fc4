"""A fault of settings that are well formed each by itself, and wrong beside others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingFault:
    """What is wrong with the setting of this variable beside others, and how to mend it."""

    variable: str
    cause: str
    remedy: str

    @property
    def line(self) -> str:
        """The fault in one line."""
        return f"{self.variable}: {self.cause}: {self.remedy}"
