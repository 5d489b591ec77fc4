"""Subjects as objects of the API."""

from callcrm.base.objects import Shape, WholeList
from callcrm.crm.subjects import subjects


class Subject(Shape):
    """What requests are about, and the parts of it."""

    code: str
    name: str
    children: list["Subject"]


def objects(tree: subjects.Tree) -> WholeList[Subject]:
    """The tree as the API answers with it."""
    return WholeList[Subject].of([_object(each) for each in tree.subjects], tree.version)


def _object(subject: subjects.Subject) -> Subject:
    return Subject(
        code=subject.code, name=subject.name, children=[_object(child) for child in subject.children]
    )
