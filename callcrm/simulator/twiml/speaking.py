"""Say, Play and Pause."""

from collections.abc import Callable

from callcrm.simulator.leg import never
from callcrm.simulator.parties.audio import playing_time, speaking_time
from callcrm.simulator.parties.media import Sound
from callcrm.simulator.twiml.document_runner import DocumentRunner
from callcrm.simulator.twiml.verbs import Pause, Play, Prompt, Say
from callcrm.simulator.wire.responses import AudioDocument, WebhookFailure, classify

MAX_LOOPS = 1000  # what loop="0" means to the carrier
BAD_LANGUAGE = 13512
LANGUAGES_WITHOUT_VOICE = ("fa",)  # of the carrier's text to speech


async def say(runner: DocumentRunner, verb: Say) -> None:
    """Speak a text to the far end."""
    await play_prompt(runner, verb)


async def play(runner: DocumentRunner, verb: Play) -> None:
    """Play a sound to the far end."""
    await play_prompt(runner, verb)


async def pause(runner: DocumentRunner, verb: Pause) -> None:
    """Be silent for a while; a call that is not answered yet goes on ringing."""
    await runner.leg.play(Sound("silence", verb.length))


async def play_prompt(runner: DocumentRunner, verb: Prompt, until: Callable[[], bool] = never) -> bool:
    """Play one prompt to the far end; true if `until` cut it short. What can't be played is an error."""
    runner.leg.answer()
    if isinstance(verb, Pause):
        return await runner.leg.play(Sound("silence", verb.length), until)
    sound = _say_sound(runner, verb) if isinstance(verb, Say) else await _play_sound(runner, verb)
    if sound is None:
        return until()
    for _ in range(verb.loop or MAX_LOOPS):
        if await runner.leg.play(sound, until):
            return True
    return False


def _say_sound(runner: DocumentRunner, verb: Say) -> Sound | None:
    if verb.language.split("-")[0] in LANGUAGES_WITHOUT_VOICE:
        runner.leg.record_error(BAD_LANGUAGE, f"no voice speaks {verb.language}")
        return None
    return Sound("say", speaking_time(verb.text), verb.text, verb.language)


async def _play_sound(runner: DocumentRunner, verb: Play) -> Sound | None:
    if verb.digits:
        return Sound("tones", len(verb.digits) / 2, text=verb.digits)
    url, media_seconds = runner.resolve(verb.url), runner.carrier.media_seconds
    if url not in media_seconds:
        result = await runner.carrier.webhooks.fetch_media(url, runner.leg.sid)
        content = result if isinstance(result, WebhookFailure) else classify(result)
        if isinstance(result, WebhookFailure) or not isinstance(content, AudioDocument):
            reason = content.reason if isinstance(content, WebhookFailure) else "not a sound"
            runner.leg.record_error(11200, f"Play {url}: {reason}")
            return None
        media_seconds[url] = playing_time(result.body)
    return Sound("play", media_seconds[url], url=url)
