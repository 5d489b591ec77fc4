"""What the pages of surveys show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col

from callcrm.agents.principal import Principal
from callcrm.base.objects import Named
from callcrm.business import surveys
from callcrm.business.surveys import SurveySettings
from callcrm.crm.noun import Reader
from callcrm.crm.references import named
from callcrm.crm.surveys import answer, responses, stories
from callcrm.crm.surveys.reports import bias, digests, results
from callcrm.crm.surveys.reports.bias import Comparison
from callcrm.crm.surveys.reports.results import GroupBy, Result
from callcrm.crm.surveys.responses import ResponseFilter
from callcrm.ivr.flows.model import Flows
from callcrm.models import Customer, User
from callcrm.models.crm.survey import SurveyDigest, SurveyKind, SurveyResponse
from callcrm.views.calls.menu_path import path_in_words

PERIODS = {"month": 30, "quarter": 90, "year": 365}
DEFAULT_PERIOD = "quarter"
GROUPS = (GroupBy.AGENT, GroupBy.QUEUE, GroupBy.MENU, GroupBy.MONTH, GroupBy.CHANNEL)
COMMENTS, STORIES = 10, 100


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """A response with the names of whom it is about."""

    response: SurveyResponse
    customer: Named | None
    agent: Named | None
    is_bad: bool
    may_be_story: bool


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """Results of a period: by kind the totals, of the chosen kind all the rest."""

    setting: SurveySettings
    kind: str
    kinds: Mapping[str, int]
    total: Result
    groups: Sequence[tuple[GroupBy, Sequence[Result]]]
    names: Mapping[str, Named]
    calls: int
    comparisons: Sequence[Comparison]
    comments: Sequence[ResponseRow]
    unseen: int


def since_of(period: str, now: datetime) -> datetime | None:
    """The beginning of a period that ends now; None for one there is not."""
    return now - timedelta(days=PERIODS[period]) if period in PERIODS else None


def results_page(session: Session, reader: Reader, period: str, kind: str | None) -> ResultsPage:
    """The results in a period, of one kind of question."""
    user, zone, since = reader.user, reader.locale.zone, since_of(period, reader.now)
    setting, language = surveys.get(session), reader.locale.language
    whole = ResponseFilter(since=since)
    kinds = {name: results.total(session, user, whole.of_kind(name)).asked for name in SurveyKind}
    chosen = kind if kind in set(SurveyKind) else setting.kind
    wanted = whole.of_kind(str(chosen))
    groups = [(by, results.grouped(session, user, wanted, by, zone, language)) for by in GROUPS]
    agents = {row.key for by, rows in groups if by == GroupBy.AGENT for row in rows}
    has_comment = col(SurveyResponse.comment) != ""
    return ResultsPage(
        setting=setting,
        kind=str(chosen),
        kinds={name: count for name, count in kinds.items() if count or name == chosen},
        total=results.total(session, user, wanted),
        groups=groups,
        names=named(session, User, agents),
        calls=bias.answered_calls(session, user, since, None),
        comparisons=bias.compare(session, user, wanted, zone),
        comments=rows(session, responses.find(session, user, wanted, has_comment, limit=COMMENTS)),
        unseen=digests.count_unseen(session, user.user_id or ""),
    )


def responses_behind(
    session: Session,
    reader: Reader,
    wanted: ResponseFilter,
    group: tuple[GroupBy, str] | None,
    *,
    answered: bool,
    after: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[SurveyResponse]:
    """Those who were asked, or with `answered` who answered, behind a figure: of this group, if any."""
    more = [results.in_group(*group, reader.locale.zone)] if group else []
    more += [responses.ANSWERED] if answered else []
    return responses.find(session, reader.user, wanted, *more, after=after, limit=limit)


def rows(session: Session, listed: Sequence[SurveyResponse]) -> list[ResponseRow]:
    """Responses as rows; the names are loaded once for all."""
    agents = named(session, User, {row.agent_id for row in listed if row.agent_id})
    customers = named(session, Customer, {row.customer_id for row in listed if row.customer_id})
    return [
        ResponseRow(
            row,
            customers.get(row.customer_id or ""),
            agents.get(row.agent_id or ""),
            answer.is_bad(row),
            stories.may_be_story(row),
        )
        for row in listed
    ]


@dataclass(frozen=True, slots=True)
class DigestPage:
    """A week's results for a user, with its comments."""

    digest: SurveyDigest
    kinds: Sequence[tuple[str, Result, Mapping[GroupBy, Sequence[Result]]]]
    names: Mapping[str, Named]
    comments: Sequence[ResponseRow]


def digest_page(session: Session, user: Principal, digest_id: str) -> DigestPage:
    """The digest; comments that were erased since are left out."""
    digest = digests.get(session, user.user_id or "", digest_id)
    figures = digest.figures
    kinds = [
        (
            kind,
            Result(**values["total"]),
            {by: [Result(**row) for row in values[by]] for by in digests.GROUPED_BY},
        )
        for kind, values in figures["kinds"].items()
    ]
    agents = {row.key for _, _, groups in kinds for row in groups[GroupBy.AGENT]}
    ids = col(SurveyResponse.id).in_(figures["comments"])
    comments = responses.find(session, user, ResponseFilter(), ids, limit=digests.COMMENTS)
    return DigestPage(digest, kinds, named(session, User, agents), rows(session, comments))


def group_names(
    reader: Reader, flows: Flows, named_agents: Mapping[str, Named], menus: Iterable[str]
) -> dict[tuple[str, str], str]:
    """Names of groups that only the store and the flows know: of agents, and of ways through the menus."""
    names = {(str(GroupBy.AGENT), key): agent.name for key, agent in named_agents.items()}
    flow = flows.for_number(None)
    for menu in menus:
        steps = [step.partition(":")[::2] for step in menu.split()]
        words = path_in_words(reader.locale, flow, steps)
        names[str(GroupBy.MENU), menu] = " › ".join(words)
    return names


def week_start(digest: SurveyDigest) -> datetime:
    """When the week of a digest began."""
    return datetime.fromisoformat(digest.figures["since"])
