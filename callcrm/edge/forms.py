"""Forms that pages send: URL-encoded UTF-8, as every form of ours is.

Starlette's own reader is not used: of a `multipart/form-data` it decodes the fields by whatever codec the
request names, and Python has some that take the square of a text's length, raise what nobody expects, or make
text that no response can hold.
"""

from urllib.parse import parse_qsl

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

MEDIA_TYPE = "application/x-www-form-urlencoded"
MAX_FIELDS = 1000


def is_form(request: Request) -> bool:
    """Whether the body is one of our forms."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == MEDIA_TYPE


async def read_form(request: Request) -> FormData:
    """The fields of the form in the order in which they were sent, what is no UTF-8 as U+FFFD; none for a
    body that is no form. HTTPException 400 for more than 1000.
    """
    if not is_form(request):
        return FormData()
    text = (await request.body()).decode("utf-8", "replace")
    try:
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise HTTPException(400, "The form has too many fields.") from None
    return FormData([*fields])
