"""Errors as `application/problem+json` (RFC 9457), without internal details."""

import json
import logging
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callcrm.base.errors import CallcrmError, Refused, RefusedByRule
from callcrm.edge.status import status_of
from callcrm.edge.versions import Stale, etag

MEDIA_TYPE = "application/problem+json"
CODES = "urn:callcrm:problem:"  # the `type` of a refusal by a rule ends in the rule's code
RETRY_AFTER = {429: {"Retry-After": "60"}, 503: {"Retry-After": "2"}}

log = logging.getLogger("callcrm.api")


class Problem(Exception):
    """An error raised by the API itself: a status, a sentence for people, and the fields at fault.

    `code` names the rule that refuses it. `present` is the object as it is now, for a change based on an
    older version.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        present: BaseModel | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.present = present
        self.code = code
        self.headers = dict(headers or {})

    def to_json(self) -> str:
        """The problem document."""
        document: dict[str, Any] = {
            "type": f"{CODES}{self.code}" if self.code else "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = list(self.errors)
        if self.present is not None:
            document["present"] = self.present.model_dump(mode="json", by_alias=True)
        return json.dumps(document, ensure_ascii=False)

    def response(self) -> Response:
        """The response to send."""
        return Response(self.to_json(), self.status, headers=self.headers, media_type=MEDIA_TYPE)


def problem_of(fault: Exception) -> Problem:
    """The problem for an exception; a bare 500 for one that means nothing to the client."""
    if isinstance(fault, Problem):
        return fault
    if isinstance(fault, Stale):
        return Problem(412, str(fault), headers={"ETag": etag(fault.version)}, present=fault.present)
    if isinstance(fault, CallcrmError):
        return _of_callcrm_error(fault)
    if isinstance(fault, HTTPException):
        return Problem(fault.status_code, _sentence(fault.status_code), headers=fault.headers)
    if isinstance(fault, ClientDisconnect):
        return Problem(400, "The request broke off before its end.")
    _report(fault)
    return Problem(500, _sentence(500))


def _of_callcrm_error(fault: CallcrmError) -> Problem:
    status = status_of(fault)
    field = fault.field if isinstance(fault, Refused) else None
    errors = [{"pointer": f"#/{field}", "detail": str(fault)}] if field else []
    code = fault.code if isinstance(fault, RefusedByRule) else None
    return Problem(status, str(fault), errors=errors, headers=RETRY_AFTER.get(status), code=code)


def of_fields(status: int, fault: ValidationError, within: str | None = None) -> Problem:
    """The problem of a request whose fields do not fit; it names each and repeats no value. `within` is the
    field that was validated by itself.
    """
    above = (within,) if within else ()
    errors = [
        {
            "pointer": "#/" + "/".join(map(str, (*above, *error["loc"]))),
            "detail": error["msg"].removeprefix("Value error, "),
        }
        for error in fault.errors(include_url=False, include_input=False, include_context=False)
    ]
    return Problem(
        status, "; ".join(f"{error['pointer'][2:]}: {error['detail']}" for error in errors), errors=errors
    )


SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: "The request is larger than 1 MB.",
    500: "Something went wrong on our side; it has been logged.",
}


def _sentence(status: int) -> str:
    return SENTENCES.get(status, HTTPStatus(status).description or HTTPStatus(status).phrase)


def _report(fault: Exception) -> None:
    # The message of a fault may quote a row or a request, so only its kind and place are logged.
    place = "".join(traceback.format_list(traceback.extract_tb(fault.__traceback__)[-6:]))
    log.error("api fault: %s\n%s", type(fault).__name__, place)


class Problems:
    """Middleware that turns whatever is raised within into a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        except Exception as fault:
            if started:
                raise
            await problem_of(fault).response()(scope, receive, send)
