"""The seams that a noun may join: each is a field of `Noun`, read for all nouns alike."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, select, true
from sqlmodel import Session, SQLModel

from callcrm.agents.principal import Principal
from callcrm.base.clock import Clock
from callcrm.base.threads import Threads
from callcrm.calls.runtime import CallRuntime
from callcrm.config import Settings
from callcrm.crm.fields import FieldTable
from callcrm.crm.import_kind import ImportKind
from callcrm.crm.samples import Sample
from callcrm.i18n.line import Line
from callcrm.i18n.locale import Locale
from callcrm.ivr.flows.hours import ALWAYS, Hours
from callcrm.models import Call, Note, Role
from callcrm.store.store import Store

Text = Callable[[Locale], str]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, in which language, and when; `hours` are those of the business."""

    user: Principal
    locale: Locale
    now: datetime
    hours: Hours = ALWAYS


@dataclass(slots=True, kw_only=True)
class HistoryEntry:
    """One entry of a customer's history, as pages show it.

    `facts` are short texts, `quote` is somebody's text (`ours`: of one of us), `call` is the call that the
    title links to. Only entries of calls and notes have `notes`, `playbacks`, and `since`, from which a
    note's offset counts.
    """

    line: Line
    at: datetime | None = None
    facts: list[str]
    phone: str | None = None
    call: Call | None = None
    quote: str = ""
    ours: bool = False
    notes: Sequence[Note] = ()
    playbacks: Sequence[Any] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of a kind of history: their time, id and customer."""

    rows: Any
    at: Any
    id: Any
    customer: Any


def source(model: Any, at: Any) -> Source:
    """The source of a table with `id` and `customer_id`, ordered by the time `at`; it wants an index on
    customer_id, at, id.
    """
    return Source(select(model, at), at, model.id, model.customer_id)


def everything(_user: Principal) -> ColumnElement[bool]:
    """The condition that shows every row to every user."""
    return true()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryKind:
    """A kind of entry in a customer's history, in the API and on the page.

    `objects` and `entries` answer for rows in their order; `objects_for` stands for `objects` where they are
    not the same for every reader, or at every time. `visible` limits what a reader gets: what it
    leaves out is in no list and no count. `in_all` limits what the page shows among all kinds; `title` names
    the page's own list of them.
    """

    name: str
    title: Text
    source: Source
    objects: Callable[[Session, Sequence[Any]], Sequence[BaseModel]] | None = None
    objects_for: Callable[[Session, Reader, Sequence[Any]], Sequence[BaseModel]] | None = None
    entries: Callable[[Session, Reader, Sequence[Any]], Sequence[HistoryEntry]]
    visible: Callable[[Principal], ColumnElement[bool]] = everything
    in_all: ColumnElement[bool] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What a noun shows of a customer: `load` returns what the template gets as `part`, None for nothing."""

    template: str
    load: Callable[[Session, Reader, str], object | None]


@dataclass(frozen=True, slots=True)
class CallPart:
    """What a noun shows beside a call, whoever calls, or on the call's page: `load` returns what the template
    gets as `part`, None for nothing.
    """

    template: str
    load: Callable[[Session, Reader, Call], object | None]


@dataclass(frozen=True, slots=True)
class CallAction:
    """Something that can be done from a call in two clicks: the first gets a form from `path`, as a part of
    the page, with `?call=` and, where it is known, `&second=` of the call's audio; the second sends it.
    """

    path: str
    title: Text
    icon: str


@dataclass(frozen=True, slots=True)
class NounPage:
    """A page of a noun in the navigation, or among the settings, for users with at least this role. `count`
    is the path of a part that says how much is new there, nothing if nothing is.
    """

    path: str
    title: Text
    role: Role = Role.AGENT
    count: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A part at the top of every page of users with at least this role: loaded from `path`, and anew after
    the live event `event`. It is empty while there is nothing to say.
    """

    path: str
    event: str
    role: Role = Role.SUPERVISOR


@dataclass(frozen=True, slots=True)
class CustomerField:
    """A field of the API's Customer: `load` returns values by customer id, as this reader may know them; a
    customer who is left out gets the field's default. `differs_for` returns the ids of the users for whom a
    customer's value is another one than for everybody else.
    """

    name: str
    load: Callable[[Session, Reader, Sequence[str]], Mapping[str, object]]
    differs_for: Callable[[Session, str], Collection[str]] | None = None


@dataclass(frozen=True, slots=True)
class Module:
    """A noun that may be switched off. `uses` says in one sentence which pages use what it keeps."""

    name: str
    title: Text
    uses: Text


@dataclass(frozen=True, slots=True)
class Duty:
    """What a noun does every so many seconds, in one process at a time: `run` returns how many rows it
    changed, and runs again at once while that is `callcrm.models.delete_some.SOME` or more.
    """

    name: str
    seconds: float
    run: Callable[[Session, CallRuntime, datetime], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A figure: how many rows of `numerator` there are, or their share of `denominator`; with `summed`, the
    mean of that column (or expression) over the rows of `numerator`, which is the denominator as well.

    Both answer the rows of a period, from `since` on and before `until`. `visible` limits them to what the
    reader may know of. A `headline` stands above the list of calls, for supervisors.
    """

    key: str
    name: Text
    numerator: Callable[[datetime, datetime], Select[Any]]
    denominator: Callable[[datetime, datetime], Select[Any]] | None = None
    summed: Any | None = None
    visible: Callable[[Principal], ColumnElement[bool]] = everything
    headline: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A search result: its line, the path of its page, and the text that matched."""

    line: Line
    path: str
    matched: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchKind:
    """Something that can be searched for: `find` returns at most so many hits for the words, newest first."""

    name: str
    title: Text
    find: Callable[[Session, Reader, str, int], Sequence[Hit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A noun's rows as a table: `row` gives the cells of one, named and ordered as `columns`. `shows` says
    whether a row exists for this user.
    """

    columns: tuple[str, ...]
    rows: Callable[[Session], Iterable[Any]]
    row: Callable[[Any], Mapping[str, object]]
    shows: Callable[[Principal, Any], bool] = lambda _user, _row: True


class JobContext(Protocol):
    """What the jobs of nouns work with."""

    @property
    def settings(self) -> Settings: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def threads(self) -> Threads: ...

    @property
    def store(self) -> Store: ...

    @property
    def runtime(self) -> CallRuntime: ...

    @property
    def seams(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class NounJob:
    """A kind of job that takes long: `make` returns, for an app, what goes on with the job of a payload for a
    few seconds and says whether there is more to do. If its process dies, another goes on after `lease`
    seconds.
    """

    kind: str
    make: Callable[[JobContext], Callable[[Mapping[str, Any]], Awaitable[bool]]]
    lease: float = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A noun of the business around the call.

    `tables` are its own; rows that name a call or a customer in the columns `call_id` and `customer_id`
    follow both by themselves, when a call finds its customer and when customers are merged.

    `call_ended` runs soon after a call has ended, and again whenever more becomes known of it; `linked` after
    calls or messages have found a customer, `message_received` soon after a message has come in. All are
    jobs: in a transaction of their own, at least once. `linked` is also told of both customers in the
    transaction of a merge, and of its undo. Without a `module` it can't be switched off. `merge` prepares
    what may not simply move from one customer (the first id) to another. `exports` are further tables, by
    their names. `sample_end` reckons, of all rows of a sample, what verbs keep with each change: the indexes
    are not there yet. `during_call` is the path of a part beside the desk's controls while the agent speaks,
    asked for with `?call=`. `form_fields` say what people fill in and which pages use it. `erase` removes
    what is kept of a customer and returns how many rows it was.
    """

    name: str
    tables: tuple[type[SQLModel], ...]
    erase: Callable[[Session, str], int]
    module: Module | None = None
    history: tuple[HistoryKind, ...] = ()
    call_ended: Callable[[Session, CallRuntime, str, datetime], None] | None = None
    linked: Callable[[Session, str, datetime], None] | None = None
    message_received: Callable[[Session, CallRuntime, str, datetime], None] | None = None
    duties: tuple[Duty, ...] = ()
    jobs: tuple[NounJob, ...] = ()
    pop: Part | None = None
    beside_call: CallPart | None = None
    call_page: CallPart | None = None
    call_actions: tuple[CallAction, ...] = ()
    during_call: str | None = None
    customer_page: Part | None = None
    customer_fields: tuple[CustomerField, ...] = ()
    form_fields: tuple[FieldTable, ...] = ()
    pages: tuple[NounPage, ...] = ()
    settings: tuple[NounPage, ...] = ()
    notices: tuple[Notice, ...] = ()
    measures: tuple[Measure, ...] = ()
    search: SearchKind | None = None
    merge: Callable[[Session, str, str], None] | None = None
    export: Export | None = None
    exports: Mapping[str, Export] = field(default_factory=dict)
    imports: tuple[ImportKind, ...] = ()
    sample: Sample | None = None
    sample_end: Callable[[Session, datetime], None] | None = None
