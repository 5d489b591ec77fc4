"""Recordings as pages show them: with their waveform, or why they can't be played."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlmodel import Session, col, select

from callcrm.agents.principal import Principal
from callcrm.base.errors import NotFound
from callcrm.i18n.locale import Locale
from callcrm.models import Recording, RecordingKind, RecordingStatus
from callcrm.recordings.access import hearable_ids
from callcrm.recordings.pending import NOTHING_RECORDED

STROKES, TALL = 120, 24


@dataclass(frozen=True, slots=True)
class Playback:
    """A recording on a page. `why` says why it can't be played, "" if it can; `line` is its waveform."""

    id: str
    call_id: str
    kind: str
    status: str
    began_at: datetime
    seconds: int
    why: str
    peaks: list[list[int]] | None

    @property
    def plays(self) -> bool:
        """Whether the reader may play it, and its audio is stored."""
        return not self.why

    @property
    def voicemail(self) -> bool:
        """Whether it is a message somebody left."""
        return self.kind == RecordingKind.VOICEMAIL

    @property
    def line(self) -> str:
        """All channels as one waveform: the path of an SVG; "" if there are no peaks."""
        return waveform_path(merge_channels(self.peaks), STROKES, TALL) if self.peaks else ""


def playbacks(
    session: Session, user: Principal, locale: Locale, calls: Sequence[str]
) -> dict[str, list[Playback]]:
    """By call: its recordings, the earliest first."""
    statement = select(Recording).where(col(Recording.call_id).in_(calls))
    rows = session.exec(statement.order_by(col(Recording.created_at), col(Recording.carrier_sid))).all()
    audible = hearable_ids(session, user.user_id, user.role, rows)
    by_call: dict[str, list[Playback]] = defaultdict(list)
    for row in rows:
        by_call[row.call_id].append(_playback(locale, row, audible=row.id in audible))
    return dict(by_call)


def playback(session: Session, user: Principal, locale: Locale, recording_id: str) -> Playback:
    """The recording of this id; NotFound if there is none that the user may hear."""
    row = session.get(Recording, recording_id)
    if row is None or row.id not in hearable_ids(session, user.user_id, user.role, [row]):
        raise NotFound("There is no such recording.")
    return _playback(locale, row, audible=True)


def _playback(locale: Locale, row: Recording, *, audible: bool) -> Playback:
    return Playback(
        id=row.id,
        call_id=row.call_id,
        kind=row.kind,
        status=row.status,
        began_at=row.created_at,
        seconds=row.duration_seconds or 0,
        why=_why(locale, row, audible=audible),
        peaks=row.peaks if audible else None,
    )


def _why(locale: Locale, row: Recording, *, audible: bool) -> str:
    """Why it can't be played; "" if it can."""
    if row.status == RecordingStatus.DELETED:
        return locale._("The recording was deleted.")
    if not audible:
        return locale._("Only who spoke in the call, and supervisors, may hear its recording.")
    if row.status == RecordingStatus.STORED:
        return ""
    if row.error == NOTHING_RECORDED:
        return locale._("The carrier recorded nothing.")
    _, _, reason = (row.error or "").partition(": ")
    if row.status == RecordingStatus.FAILED:
        return locale._(
            "The recording could not be had from the carrier: %(why)s.", why=fault(locale, reason)
        )
    if reason:
        return locale._(
            "The recording is still at the carrier; the last try failed: %(why)s.", why=fault(locale, reason)
        )
    return locale._("The recording is still at the carrier.")


def fault(locale: Locale, reason: str) -> str:
    """The text for a reason that a fetch failed; an unknown reason as it is."""
    texts = {
        "": locale._("no answer"),
        "timed out": locale._("it took too long"),
        "connection lost": locale._("the connection broke"),
        "can't be reached": locale._("it can't be reached"),
        "too large": locale._("it is too large"),
        "truncated": locale._("it came in part only"),
        "empty": locale._("it is empty"),
        "no audio": locale._("it is no audio"),
        "404": locale._("the carrier does not have it"),
    }
    return texts.get(reason, reason)


def merge_channels(peaks: list[list[int]]) -> list[int]:
    """The peaks of all channels as those of one: the maximum of each interval."""
    return [max(heights) for heights in zip(*peaks, strict=False)]


def waveform_path(heights: Sequence[int], most: int, tall: int) -> str:
    """A waveform of at most `most` vertical strokes, `tall` high, as the path of an SVG."""
    count = min(most, len(heights))
    edges = [len(heights) * index // count for index in range(count + 1)] if count else []
    highest = [max(heights[first:last]) for first, last in pairwise(edges)]
    middle = tall / 2
    reach = [max(0.5, (middle - 1) * height / 100) for height in highest]
    return "".join(f"M{x}.5 {middle - up:.3g}V{middle + up:.3g}" for x, up in enumerate(reach))
