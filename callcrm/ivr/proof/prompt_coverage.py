"""Whether every prompt a flow may play is there in each of its languages."""

from collections.abc import Iterator

from callcrm.ivr.flows.model import ChoiceKind, Flow
from callcrm.ivr.flows.prompts import MAX_SPOKEN_NUMBER, SYSTEM, VOICES, PromptBook
from callcrm.ivr.steps import Prompt


def missing_prompts(flow: Flow, book: PromptBook) -> list[str]:
    """A line for each prompt that a language of the flow lacks; another language is played in its place."""
    return [
        f"{flow.name}.toml: prompt {key} in {language}: {missing}"
        for language in flow.languages
        for key in [*dict.fromkeys(prompt_keys(flow)), *_numbers(language)]
        if (missing := book.missing(key, language))
    ]


def unplayable_prompts(flow: Flow, book: PromptBook) -> list[str]:
    """A line for each prompt that no language has, so that callers would hear nothing."""
    return [
        f"{flow.name}.toml: prompt {key}: there is none in prompts/*.toml or under [prompts.{key}]"
        for key in dict.fromkeys(prompt_keys(flow))
        if not book.sounds(Prompt(key), flow.languages[0])
    ]


def prompt_keys(flow: Flow) -> Iterator[str]:
    """The keys of all prompts a caller of this flow may hear."""
    yield from SYSTEM
    if flow.greeting:
        yield flow.greeting
    for menu in flow.menus.values():
        yield menu.say
        for choice in menu.choices.values():
            if choice.kind == ChoiceKind.MESSAGE:
                yield choice.to


def _numbers(language: str) -> Iterator[str]:
    if language not in VOICES:
        yield from (f"number-{number}" for number in range(1, MAX_SPOKEN_NUMBER + 1))
