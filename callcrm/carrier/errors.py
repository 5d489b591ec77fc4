"""What can go wrong with a request to the carrier, and what may be done next.

CarrierRefused (Refused)        requested and refused: the same request would be refused again
CarrierDown    (Unavailable)    not requested, or certainly not done: trying again is safe
CarrierUnknown (Unavailable)    requested and never answered: it may have been done, so a create is never
                                repeated (the carrier's API has no idempotency keys)
MediaFault     (Unavailable)    the audio could not be fetched, or is none; the carrier still has it
"""

from callcrm.base.errors import Refused, Unavailable


class CarrierRefused(Refused):
    """The carrier refused; `code` is its own error code, `status` the HTTP status."""

    def __init__(self, message: str, *, code: int | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class CarrierDown(Unavailable):
    """The carrier could not be reached, or certainly did nothing; trying again is safe."""


class CarrierUnknown(Unavailable):
    """The carrier got the request and gave no answer: it may have done it."""


class MediaFault(Unavailable):
    """A recording's audio could not be fetched; the text is a few words without any address."""
