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
                values = case if len(wanted) > 1 else [case]
                arguments = dict(zip(wanted, values, strict=True))
                with subtests.test(msg=repr(case)[:80]):
                    test(**fixtures, **arguments)

        parameters = inspect.signature(test).parameters.items()
        fixture_parameters = [parameter for name, parameter in parameters if name not in wanted]
        extra = inspect.Parameter("subtests", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        run.__name__, run.__doc__ = test.__name__, test.__doc__
        # Pytest reads it.
        run.__signature__ = inspect.Signature([*fixture_parameters, extra])  # type: ignore[attr-defined]
        return run

    return decorate
