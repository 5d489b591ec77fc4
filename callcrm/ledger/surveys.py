"""The question put to a caller after a conversation, folded from their call's requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callcrm.ledger.facts import Facts
from callcrm.ledger.legs import FoldedLeg

HUMAN = "0"


@dataclass(frozen=True, slots=True)
class FoldedSurvey:
    """What was asked (`kind`), and the mark, None where there is none (yet).

    `human_missed`: they pressed 0 instead, and spoke with nobody after that.
    """

    kind: str
    asked_at: datetime | None
    score: int | None = None
    answered_at: datetime | None = None
    human_missed: bool = False


def fold_survey(requests: Sequence[Facts], rung_legs: Sequence[FoldedLeg]) -> FoldedSurvey | None:
    """The survey of a call, from its requests in their order; None if nothing was asked."""
    survey_requests = [request for request in requests if request.survey]
    if not survey_requests:
        return None
    kind, asked_at = str(survey_requests[0].survey), _earliest(survey_requests)
    # of several requests for one document the first with a mark counts
    answer = next((request for request in requests if request.mark), None)
    if answer is None or answer.mark is None:
        return FoldedSurvey(kind, asked_at)
    if answer.mark == HUMAN:
        step = answer.step or 0
        spoke = any(leg.spoke and leg.step >= step for leg in rung_legs)
        spoke = spoke or any(request.bridged and (request.step or 0) > step for request in requests)
        return FoldedSurvey(kind, asked_at, human_missed=not spoke)
    answered_at = _earliest([request for request in requests if request.mark == answer.mark])
    return FoldedSurvey(kind, asked_at, int(answer.mark), answered_at)


def _earliest(requests: Sequence[Facts]) -> datetime | None:
    return min((request.received_at for request in requests if request.received_at), default=None)
