"""Endpoints of modules."""

from collections.abc import Iterable

from pydantic import Field, RootModel
from sqlmodel import Session

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.parse import Body, Code
from callcrm.base.errors import Refused
from callcrm.base.objects import WholeList
from callcrm.business import modules
from callcrm.models import Role
from callcrm.views.modules import Module, module_objects

endpoints = Endpoints()


class ModuleIn(Body):
    """A module, switched on or off; what it is called and used for is ours to say."""

    name: Code
    on: bool
    title: str | None = Field(default=None, description="Not read.")
    uses: str | None = Field(default=None, description="Not read.")


class ModulesIn(RootModel[list[ModuleIn]]):
    """The modules; those left out stay as they are."""


def _answer(context: ApiContext, off: Iterable[str], version: int) -> WholeList[Module]:
    all_modules = context.services.seams.modules  # also those that are off
    return WholeList[Module].of(module_objects(context.reader.locale, all_modules, frozenset(off)), version)


@endpoints.get("/modules")
async def get_modules(context: ApiContext) -> WholeList[Module]:
    """The parts of the product that may be switched off, and which pages use what each keeps."""

    def verb(session: Session) -> WholeList[Module]:
        return _answer(context, modules.off(session), modules.version(session))

    return await context.read(verb)


@endpoints.put("/modules", role=Role.SUPERVISOR)
async def put_modules(context: ApiContext, body: ModulesIn) -> WholeList[Module]:
    """Switches modules on and off. What is off is on no page and in no answer; nothing of it is deleted."""
    wanted = {each.name: each.on for each in body.root}
    if unknown := wanted.keys() - {module.name for module in context.services.seams.modules}:
        raise Refused("There is no module %(name)s.", name=min(unknown))

    def verb(session: Session) -> WholeList[Module]:
        off, version = modules.lock(session, context.now)
        context.preconditions.check(version, lambda: _answer(context, off, version))
        off = modules.switch(session, wanted, by=context.actor, now=context.now)
        return _answer(context, off, modules.version(session))

    return await context.write(verb)
