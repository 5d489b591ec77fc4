"""Endpoints of subjects."""

from pydantic import Field, RootModel
from sqlmodel import Session

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.parse import Body, Code, Line
from callcrm.base.objects import WholeList
from callcrm.crm.subjects import subjects
from callcrm.crm.subjects.objects import Subject, objects
from callcrm.models import Role

endpoints = Endpoints()


class SubjectIn(Body):
    """A subject, and the parts of it."""

    code: Code
    name: Line
    children: list["SubjectIn"] = Field(default_factory=list)

    @property
    def subject(self) -> subjects.Subject:
        """The subject as verbs take it."""
        return subjects.Subject(self.code, self.name, [child.subject for child in self.children])


class SubjectsIn(RootModel[list[SubjectIn]]):
    """The whole tree."""


@endpoints.get("/subjects")
async def get_subjects(context: ApiContext) -> WholeList[Subject]:
    """The tree of what requests are about."""
    return await context.read(lambda session: objects(subjects.tree(session)))


@endpoints.put("/subjects", role=Role.SUPERVISOR)
async def put_subjects(context: ApiContext, body: SubjectsIn) -> WholeList[Subject]:
    """The tree, replaced. Calls and contacts keep a subject that it lacks."""

    def verb(session: Session) -> WholeList[Subject]:
        present = subjects.lock(session, context.now)
        context.preconditions.check(present.version, lambda: objects(present))
        wanted = [each.subject for each in body.root]
        return objects(subjects.put(session, wanted, by=context.actor, now=context.now))

    return await context.write(verb)
