"""Who serves whom, by the rules alone."""

from datetime import UTC, datetime, timedelta

from callcrm.ivr.steps import Target
from callcrm.routing.selection import CallerNeeds, Demand, FreeAgent, rank_agents, spare_agents

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def agent(name: str, *, idle: int = 0, queues: list[str] | None = None, **more: list[str]) -> FreeAgent:
    """An agent idle for so many seconds."""
    return FreeAgent(name, NOON - timedelta(seconds=idle), Target("+12025550111"), queues, **more)


def caller(queue: str = "sales", language: str = "en") -> CallerNeeds:
    return CallerNeeds("call_1", queue, language)


def demands(*queues: str) -> list[Demand]:
    """What callers need who wait in these queues."""
    return [Demand(queue) for queue in queues]


def names(agents: list[FreeAgent]) -> list[str]:
    return [agent.id for agent in agents]


def test_the_agent_idle_longest_comes_first() -> None:
    ranked = rank_agents([agent("ana", idle=5), agent("ben", idle=90), agent("cyn", idle=30)], caller())
    assert names(ranked) == ["ben", "cyn", "ana"]


def test_one_who_speaks_the_callers_language_comes_before_one_idle_longer() -> None:
    ranked = rank_agents(
        [agent("ana", idle=90, languages=["en"]), agent("ben", languages=["fa"])], caller(language="fa")
    )
    assert names(ranked) == ["ben", "ana"]


def test_an_agent_of_unknown_languages_comes_before_one_of_others() -> None:
    ranked = rank_agents([agent("ana", idle=90, languages=["en"]), agent("ben")], caller(language="fa"))
    assert names(ranked) == ["ben", "ana"]


def test_a_regional_language_is_spoken_by_who_speaks_its_main_one() -> None:
    ranked = rank_agents(
        [agent("ana", idle=90, languages=["fr"]), agent("ben", languages=["de"])], caller(language="de-ch")
    )
    assert names(ranked) == ["ben", "ana"]


def test_the_queues_name_among_ones_skills_breaks_the_tie() -> None:
    ranked = rank_agents([agent("ana", idle=90), agent("ben", skills=["sales"])], caller())
    assert names(ranked) == ["ben", "ana"]


def test_the_own_agent_comes_before_the_last_one_and_both_before_all_others() -> None:
    ranked = rank_agents(
        [agent("ana", idle=90, languages=["fa"]), agent("ben", idle=9), agent("cyn")],
        caller(language="fa"),
        preferred=["cyn", "ben"],
    )
    assert names(ranked) == ["cyn", "ben", "ana"]


def test_an_agent_is_not_spare_while_somebody_ahead_needs_them() -> None:
    assert spare_agents([agent("ana")], demands("sales")) == []


def test_with_nobody_ahead_everyone_is_spare() -> None:
    assert names(spare_agents([agent("ana"), agent("ben")], [])) == ["ana", "ben"]


def test_either_of_two_agents_is_spare_with_one_ahead() -> None:
    assert names(spare_agents([agent("ana"), agent("ben")], demands("sales"))) == ["ana", "ben"]


def test_a_caller_ahead_whom_nobody_free_can_serve_holds_nobody_back() -> None:
    assert names(spare_agents([agent("ana", queues=["sales"])], demands("support"))) == ["ana"]


def test_the_only_one_who_can_serve_those_ahead_is_not_spare() -> None:
    free = [agent("ana", queues=["sales"]), agent("ben", queues=["sales", "support"])]
    assert names(spare_agents(free, demands("support"))) == ["ana"]


def test_those_ahead_are_moved_together_so_that_one_more_can_be_served() -> None:
    both = ["sales", "support"]
    free = [agent("ana", queues=both), agent("ben", queues=both), agent("cyn", queues=["support", "billing"])]
    assert names(spare_agents(free, demands("support", "sales"))) == ["ana", "ben", "cyn"]


def test_a_thousand_ahead_and_hundreds_free_are_settled_quickly() -> None:
    free = [agent(f"a{number}", queues=[f"q{number}", f"q{number + 1}"]) for number in range(300)]
    start = datetime.now(UTC)
    spare_agents(free, demands(*(f"q{number % 300}" for number in range(1000))))
    assert datetime.now(UTC) - start < timedelta(seconds=1)


def test_a_caller_whom_one_agent_alone_may_serve_holds_nobody_else_back() -> None:
    free = [agent("ana"), agent("ben")]
    assert names(spare_agents(free, [Demand("sales", only="ana")])) == ["ben"]
    assert names(spare_agents(free, [Demand("sales", only="cyn"), Demand("sales", only="")])) == [
        "ana",
        "ben",
    ]


def test_a_contact_plan_names_its_agent_whatever_the_queue() -> None:
    assert names(spare_agents([agent("ana", queues=["support"])], [Demand("sales", only="ana")])) == []
