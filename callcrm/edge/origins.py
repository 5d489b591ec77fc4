"""The Origin header: which site's page made a request."""


def host_of(origin: str) -> str:
    """Host and port of an origin; "" for "null", and for what is no origin.

    It is anybody's text: `urlsplit` raises ValueError for some.
    """
    return origin.partition("://")[2]
