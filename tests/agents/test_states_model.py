"""A thousand random events against a model: no agent has two calls, none is stuck when the call is over."""

import random

from sqlmodel import Session

from callcrm.agents import states
from callcrm.models import Agent
from tests.agents.staffing import Floor, at, hire

AGENTS = ("ana", "ben", "cyn")
STEPS = 1000
STEPS_AT_ONCE = 20


class Model:
    """Who holds whom, as it ought to be; each step is checked against the store."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.holder: dict[str, str | None] = dict.fromkeys(AGENTS)
        self.calls = self.claims = self.second = 0

    def steps(self, session: Session) -> None:
        """So many random moves in one transaction, the store looked at after each."""
        moves = [self.claim, self.claim, self.connect, self.release, self.end, self.choose, self.tick]
        for _ in range(STEPS_AT_ONCE):
            self.second += self.dice.randint(0, 20)
            self.dice.choice(moves)(session, self.dice.choice(AGENTS), self.some_call())
            self.check(session)

    def some_call(self) -> str:
        held = [call for call in self.holder.values() if call]
        self.calls += 1
        return self.dice.choice([*held, f"c{self.calls}", f"c{self.dice.randint(0, self.calls)}"])

    def claim(self, session: Session, agent: str, call: str) -> None:
        free = session.get_one(Agent, agent).state == "available"
        won = states.claim(session, agent, call, at(self.second))
        assert won == (free and self.holder[agent] is None)
        if won:
            self.claims += 1
            self.holder[agent] = call

    def connect(self, session: Session, agent: str, call: str) -> None:
        if states.mark_on_call(session, agent, call, at(self.second)):
            assert self.holder[agent] == call

    def release(self, session: Session, agent: str, call: str) -> None:
        freed = states.release(session, agent, call, at(self.second), spoke=self.dice.random() < 0.5)
        assert freed == (self.holder[agent] == call)
        if freed:
            self.holder[agent] = None

    def end(self, session: Session, _agent: str, call: str) -> None:
        held = [agent for agent in AGENTS if self.holder[agent] == call]
        assert states.release_call(session, call, at(self.second)) == len(held)
        self.holder.update(dict.fromkeys(held))

    def choose(self, session: Session, agent: str, _call: str) -> None:
        states.set_state(session, agent, self.dice.choice(states.SELECTABLE), at(self.second))

    def tick(self, session: Session, _agent: str, _call: str) -> None:
        states.end_wrap_ups(session, at(self.second))

    def check(self, session: Session) -> None:
        for name in AGENTS:
            agent = session.get_one(Agent, name, populate_existing=True)
            assert agent.call_id == self.holder[name]
            assert is_sound(agent), agent

    def close(self, session: Session) -> None:
        """The end of every call, and of every wrap-up after it."""
        for call in {call for call in self.holder.values() if call}:
            states.release_call(session, call, at(self.second))
        states.end_wrap_ups(session, at(self.second + 60))


def is_sound(agent: Agent) -> bool:
    """Whether an agent has a call exactly while ringing or speaking, and an end exactly while wrapping up."""
    claimed = agent.state in ("ringing", "on_call")
    wrapping = agent.state == "wrap_up"
    return (
        (agent.call_id is not None) == claimed
        and (agent.wrap_up_until is not None) == wrapping
        and (agent.next_state is None or claimed or wrapping)
    )


def test_an_agent_never_has_two_calls_and_is_never_stuck(floor: Floor) -> None:
    for name in AGENTS:
        floor.do(hire, name)
    model = Model(seed=1)
    for _ in range(STEPS // STEPS_AT_ONCE):
        floor.do(model.steps)
    assert model.claims > STEPS / 20
    floor.do(model.close)
    assert {floor.agent(name).state for name in AGENTS} <= {"available", "break", "offline"}
