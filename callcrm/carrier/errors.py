"""What can go wrong when the carrier is asked for something, and what may be done next.

CarrierRefused (Refused)        asked, and told no: asking again changes nothing
CarrierDown    (Unavailable)    not asked, or certainly not done: trying again is safe
CarrierUnknown (Unavailable)    asked, and never answered: it may have been done, so a create is
                                never repeated
MediaFault     (Unavailable)    the audio could not be had, or is none; the carrier still has it
"""

from callcrm.base.errors import Refused, Unavailable


class CarrierRefused(Refused):
    """The carrier was asked and said no; `code` is its own number for the reason."""

    def __init__(self, message: str, *, code: int | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class CarrierDown(Unavailable):
    """The carrier could not be asked, or certainly did nothing; trying again is safe."""


class CarrierUnknown(Unavailable):
    """The carrier was asked and gave no answer: it may have done it."""


class MediaFault(Unavailable):
    """A recording's audio could not be had; the text is a few words without any address."""
