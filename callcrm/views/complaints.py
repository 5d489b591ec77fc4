"""Complaints as pages show them: rows of the list, one with everything around it, and what was learnt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from callcrm.agents import users
from callcrm.business.hours import minutes_between
from callcrm.crm.complaints import (
    calls_back,
    complaints,
    find,
    lessons,
    objects,
    policy,
    record,
    stages,
    texts,
)
from callcrm.crm.complaints.visible import is_hidden_from, is_unnamed
from callcrm.crm.noun import Reader
from callcrm.models import Agent, AgentState, Call, Customer, Note, Promise
from callcrm.models.crm.complaint import Complaint, ComplaintAction, ComplaintFile, Stage
from callcrm.views.calls.playback import Playback, playbacks
from callcrm.views.people import customer_names, names_by_id

CONTEXT = 2000  # characters of a note
MOST_NOTES = 20  # of a call, beside its complaint


@dataclass(frozen=True, slots=True)
class ComplaintRow:
    """A complaint in a list: what it is about, whose it is, who handles it."""

    complaint: Complaint
    subject: str
    customer: str
    owner: str

    def is_behind(self, now: datetime) -> bool:
        """Whether it is late, or in a stage that it should have left."""
        return self.complaint.late_from is not None and self.complaint.late_from < now

    @property
    def following(self) -> Stage | None:
        """The stage it goes to next."""
        return stages.following(self.complaint.stage)


def rows(session: Session, reader: Reader, listed: Sequence[Complaint]) -> list[ComplaintRow]:
    """These complaints as rows, in their order."""
    people = names_by_id(session, _ids(user for row in listed for user in (row.owner_id, row.staff_id)))
    customers = customer_names(session, _ids(row.customer_id for row in listed))
    return [
        ComplaintRow(
            row,
            texts.subject(reader.locale, row, people.get(row.staff_id or "", "")),
            customers.get(row.customer_id or "", row.name or ""),
            people.get(row.owner_id or "", ""),
        )
        for row in listed
    ]


def _ids(ids: Iterable[str | None]) -> set[str]:
    return {key for key in ids if key}


@dataclass(frozen=True, slots=True)
class StageClock:
    """A stage of one complaint: when it was reached, by when it is to be, and whether that is past."""

    stage: Stage
    reached_at: datetime | None
    due_at: datetime | None
    is_current: bool
    is_late: bool


@dataclass(frozen=True, slots=True)
class ComplaintPage:
    """A complaint with everything around it, as its reader may know it."""

    row: ComplaintRow
    clocks: Sequence[StageClock]
    minutes: int
    call: Call | None
    playback: Playback | None
    notes: Sequence[Note]
    files: Sequence[ComplaintFile]
    calls: Sequence[Promise]
    earlier: Sequence[ComplaintRow]
    history: Sequence[ComplaintAction]
    names: dict[str, str]
    causes: Sequence[policy.Cause]
    staff: Sequence[tuple[str, str]]
    unnamed: Sequence[tuple[str, str]]

    @property
    def complaint(self) -> Complaint:
        """The complaint itself."""
        return self.row.complaint

    @property
    def following(self) -> Stage | None:
        """The stage it goes to next."""
        return self.row.following


def complaint_page(session: Session, reader: Reader, complaint_id: str) -> ComplaintPage:
    """The page of one complaint; NotFound, also for whoever is complained of."""
    complaint = complaints.get(session, complaint_id, reader.user)
    present, history = policy.get(session), record.actions(session, complaint.id)
    call = session.get(Call, complaint.call_id) if complaint.call_id else None
    calls = calls_back.of_complaints(session, [complaint.id], reader)[complaint.id]
    mentioned = {action.by for action in history} | {promise.owner_id for promise in calls}
    mentioned |= {complaint.created_by, *_owners(history)}
    return ComplaintPage(
        row=rows(session, reader, [complaint])[0],
        clocks=_clocks(complaint, present, reader),
        minutes=minutes_between(reader.hours, complaint.opened_at, complaint.closed_at or reader.now),
        call=call,
        playback=_playback(session, reader, call),
        notes=_notes(session, call),
        files=objects.files_of(session, [complaint.id]).get(complaint.id, ()),
        calls=calls,
        earlier=rows(session, reader, find.earlier(session, complaint, reader.user)),
        history=history,
        names=names_by_id(session, _ids(mentioned)),
        causes=policy.causes(present, reader.locale),
        staff=handlers(session, complaint),
        unnamed=_others(session, reader) if is_unnamed(complaint) else (),
    )


def _owners(history: Sequence[ComplaintAction]) -> set[str | None]:
    """The users whom it was given to."""
    return {
        action.data.get(name) for action in history if action.action == "owner" for name in ("from", "to")
    }


def handlers(session: Session, complaint: Complaint | None) -> list[tuple[str, str]]:
    """Who may handle a complaint: id and name of everybody for whom it exists."""
    active = users.list_active_users(session)
    return [(user.id, user.name) for user in active if not complaint or not is_hidden_from(complaint, user)]


def _playback(session: Session, reader: Reader, call: Call | None) -> Playback | None:
    if call is None:
        return None
    recordings = playbacks(session, reader.user, reader.locale, [call.id]).get(call.id, [])
    return next((recording for recording in recordings if recording.plays), None)


def _notes(session: Session, call: Call | None) -> Sequence[Note]:
    """What was written on the call, the first first."""
    if call is None:
        return ()
    written = select(Note).where(Note.call_id == call.id, Note.body != "")
    return session.exec(written.order_by(col(Note.created_at), col(Note.id)).limit(MOST_NOTES)).all()


def _clocks(complaint: Complaint, present: policy.Policy, reader: Reader) -> list[StageClock]:
    reached = {Stage.RECEIVED: complaint.opened_at} | {
        stage: getattr(complaint, column) for stage, column in stages.REACHED_AT.items()
    }
    clocks = []
    for stage in stages.ORDER:
        at, due = reached[stage], present.stage_due(reader.hours, complaint.opened_at, stage)
        due = complaint.due_at if stage == Stage.CLOSED else due
        is_late = due is not None and (at or reader.now) > due
        clocks.append(StageClock(stage, at, due, stage == complaint.stage, is_late))
    return clocks


@dataclass(frozen=True, slots=True)
class NewComplaint:
    """What the form of a new complaint begins with: the call, its customer, and what they bought."""

    call: Call | None
    customer: Customer | None
    staff: Sequence[tuple[str, str]]
    second: int | None


def new_complaint(
    session: Session, reader: Reader, call: Call | None, customer: Customer | None
) -> NewComplaint:
    """The form's beginning; of a call under way the second is that of now."""
    began = _conversation_since(session, call) if call else None
    second = max(0, int((reader.now - began).total_seconds())) if began else None
    return NewComplaint(call, customer, _others(session, reader), second)


def _conversation_since(session: Session, call: Call) -> datetime | None:
    """Since when somebody of ours speaks with the caller, as the carrier says, else as the agent's state
    does; None if nobody does.
    """
    if call.ended_at is not None or call.answered_at is not None:
        return None if call.ended_at else call.answered_at
    speaking = (Agent.call_id == call.id, Agent.state == AgentState.ON_CALL)
    return session.exec(select(Agent.since).where(*speaking)).first()


def _others(session: Session, reader: Reader) -> list[tuple[str, str]]:
    """Whom a complaint may be about: everybody but whoever takes it down."""
    return [
        (user.id, user.name) for user in users.list_active_users(session) if user.id != reader.user.user_id
    ]


@dataclass(frozen=True, slots=True)
class CauseBar:
    """A root cause as a bar; `share` of the most frequent and `cumulative` of all, in percent."""

    cause: lessons.CauseCount
    name: str
    share: float
    cumulative: float


def cause_bars(session: Session, reader: Reader) -> list[CauseBar]:
    """The root causes of complaints closed lately, the most frequent first."""
    counts = lessons.pareto(session, reader.user, reader.now)
    names = {cause.code: cause.name for cause in policy.causes(policy.get(session), reader.locale)}
    most = max((count.count for count in counts), default=1)
    return [
        CauseBar(
            count,
            names.get(count.code or "", count.code or reader.locale._("None named")),
            round(100 * count.count / most, 1),
            round(100 * count.cumulative, 1),
        )
        for count in counts
    ]


def note_of(session: Session, call: Call | None, user: str) -> str:
    """What this user wrote last on a call, to begin the words of a complaint with."""
    if call is None:
        return ""
    notes = select(Note.body).where(Note.call_id == call.id, Note.author_id == user)
    return (session.exec(notes.order_by(col(Note.created_at).desc()).limit(1)).first() or "")[:CONTEXT]
