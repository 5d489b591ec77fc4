"""The REST API's error responses."""

from starlette.responses import JSONResponse, Response

from callcrm.base.errors import Refused


class RestError(Refused):
    """A response in the API's error shape: an HTTP status and the carrier's own code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code

    def response(self) -> Response:
        """The error as JSON."""
        more_info = f"https://www.twilio.com/docs/errors/{self.code}"
        body = {"code": self.code, "message": str(self), "more_info": more_info, "status": self.status}
        return JSONResponse(body, self.status)


def not_found() -> RestError:
    """The account has no such resource."""
    return RestError(404, 20404, "The requested resource was not found")
