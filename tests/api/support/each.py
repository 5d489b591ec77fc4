"""Many cases in one office: what changes nothing needs no fresh one for each case."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Test = Callable[..., None]


def each(names: str, cases: Iterable[Any]) -> Callable[[Test], Test]:
    """Run the test for every case, one subtest each, all of them with the same fixtures."""
    wanted = names.split()

    def decorate(test: Test) -> Test:
        def run(subtests: pytest.Subtests, **fixtures: Any) -> None:
            for case in cases:
                given = dict(zip(wanted, case if len(wanted) > 1 else [case], strict=True))
                with subtests.test(msg=repr(case)[:80]):
                    test(**fixtures, **given)

        left = [one for name, one in inspect.signature(test).parameters.items() if name not in wanted]
        extra = inspect.Parameter("subtests", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        run.__name__, run.__doc__ = test.__name__, test.__doc__
        run.__signature__ = inspect.Signature([*left, extra])  # type: ignore[attr-defined]
        return run

    return decorate
