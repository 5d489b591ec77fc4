"""A broken build for the kill test: reports are answered at once and stored a moment later."""

import asyncio
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

HELD: set[asyncio.Task[Any]] = set()


class _Hasty(MetaPathFinder):
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != "callcrm.store.store":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    def __init__(self, real: Any) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> Any:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._real.exec_module(module)
        real = module.Store.write

        async def later(store: Any, verb: Any, how: Any) -> None:
            await asyncio.sleep(0.3)
            await real(store, verb, **how)

        async def write(store: Any, verb: Any, **how: Any) -> None:
            task = asyncio.create_task(later(store, verb, how))
            HELD.add(task)
            task.add_done_callback(HELD.discard)

        module.Store.write = write


sys.meta_path.insert(0, _Hasty())
