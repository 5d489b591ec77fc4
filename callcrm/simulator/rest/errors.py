"""The REST API's way of saying no."""

from starlette.responses import JSONResponse, Response

from callcrm.base.errors import Refused


class RestError(Refused):
    """An answer in the API's error shape: an HTTP status and the carrier's own code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code

    def response(self) -> Response:
        """As JSON."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        body = {"code": self.code, "message": str(self), "more_info": more, "status": self.status}
        return JSONResponse(body, self.status)


def not_found() -> RestError:
    """There is no such thing in this account."""
    return RestError(404, 20404, "The requested resource was not found")
