"""Say, Play and Pause."""

from collections.abc import Callable

from callcrm.simulator.leg import never
from callcrm.simulator.parties.audio import playing_time, speaking_time
from callcrm.simulator.parties.media import Sound
from callcrm.simulator.twiml.answers import Audio, Failure, judge
from callcrm.simulator.twiml.document_runner import DocumentRunner
from callcrm.simulator.twiml.verbs import Pause, Play, Prompt, Say

ENDLESS = 1000
BAD_LANGUAGE = 13512
MUTE_LANGUAGES = ("fa",)  # no voice of the carrier speaks these


async def say(stage: DocumentRunner, verb: Say) -> None:
    """Speak a text to the far end."""
    await prompt(stage, verb)


async def play(stage: DocumentRunner, verb: Play) -> None:
    """Play a sound to the far end."""
    await prompt(stage, verb)


async def pause(stage: DocumentRunner, verb: Pause) -> None:
    """Be silent for a while, without answering."""
    await stage.leg.hear(Sound("silence", verb.length))


async def prompt(stage: DocumentRunner, verb: Prompt, until: Callable[[], bool] = never) -> bool:
    """Bring one prompt to the far end's ear; true if `until` cut it short."""
    stage.leg.answer()
    if isinstance(verb, Pause):
        return await stage.leg.hear(Sound("silence", verb.length), until)
    sound = _spoken(stage, verb) if isinstance(verb, Say) else await _played(stage, verb)
    if sound is None:
        return until()
    for _ in range(verb.loop or ENDLESS):
        if await stage.leg.hear(sound, until):
            return True
    return False


def _spoken(stage: DocumentRunner, verb: Say) -> Sound | None:
    if verb.language.split("-")[0] in MUTE_LANGUAGES:
        stage.leg.fault(BAD_LANGUAGE, f"no voice speaks {verb.language}")
        return None
    return Sound("say", speaking_time(verb.text), verb.text, verb.language)


async def _played(stage: DocumentRunner, verb: Play) -> Sound | None:
    if verb.digits:
        return Sound("tones", len(verb.digits) / 2, text=verb.digits)
    url = stage.resolve(verb.url)
    if url not in stage.switch.sounds:
        outcome = await stage.switch.web.media(url, stage.leg.sid)
        judged = outcome if isinstance(outcome, Failure) else judge(outcome)
        if isinstance(outcome, Failure) or not isinstance(judged, Audio):
            reason = judged.reason if isinstance(judged, Failure) else "not a sound"
            stage.leg.fault(11200, f"Play {url}: {reason}")
            return None
        stage.switch.sounds[url] = playing_time(outcome.body)
    return Sound("play", stage.switch.sounds[url], url=url)
