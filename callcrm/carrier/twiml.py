"""Steps of the player as TwiML. Nothing a caller said is ever put into a document."""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from twilio.twiml.voice_response import Gather as GatherVerb
from twilio.twiml.voice_response import VoiceResponse

from callcrm.base.text import clean
from callcrm.carrier import urls
from callcrm.carrier.dial import add_dial, is_dialable, last_resort, static_fallback
from callcrm.config import E164
from callcrm.ivr.flows.prompts import Clip, PromptBook
from callcrm.ivr.steps import (
    Answer,
    Enqueue,
    Gather,
    HangUp,
    LeaveQueue,
    NodeKind,
    Position,
    Prompt,
    RecordMessage,
    Ring,
    Step,
)

__all__ = ["ACCEPTED", "DECLINED", "TwimlRenderer", "last_resort", "static_fallback"]

LARGEST = 64_000  # bytes; the carrier takes 64 kB
LONGEST_SAY = 3000  # characters
LONGEST_QUEUE_NAME = 64
MESSAGE_SILENCE = 5  # seconds that end a message
MESSAGE_ENDS = "0#"
SCREEN_TIMEOUT = 4
CACHED = 2048
ACCEPTED = str(VoiceResponse().to_xml())  # the whisper ends and the caller is connected


def _declined() -> str:
    response = VoiceResponse()
    response.hangup()
    return str(response.to_xml())


DECLINED = _declined()


class TwimlRenderer:
    """Makes documents of answers. No document names a call, so each is made once and kept."""

    def __init__(self, book: PromptBook, base_url: str, caller_id: str | None = None) -> None:
        self._book = book
        self._base = clean(base_url).rstrip("/")
        self._caller_id = caller_id if caller_id and E164.fullmatch(caller_id) else None
        self._kept = lru_cache(CACHED)(self._document)

    def render(self, answer: Answer) -> str:
        """The document for an answer."""
        return self._kept(answer.step, answer.language)

    def screen(self, path: str) -> str:
        """What whoever picked up hears first: press 1, reported to the path asked, or it hangs up."""
        language = parse_qs(urlsplit(path).query).get("language", ["en"])[0]
        response = VoiceResponse()
        self._ask(response, (Prompt("screen"),), language, self._base + clean(path), SCREEN_TIMEOUT)
        response.hangup()
        return str(response.to_xml())

    def _document(self, step: Step, language: str) -> str:
        response = VoiceResponse()
        self._write(response, step, language)
        document = str(response.to_xml())
        if len(document.encode()) <= LARGEST:
            return document
        return TwimlRenderer(PromptBook(), self._base, self._caller_id)._document(step, language)

    def _write(self, response: VoiceResponse, step: Step, language: str) -> None:
        match step:
            case Gather():
                self._write_ask(response, step, language)
            case Ring():
                self._write_ring(response, step, language)
            case Enqueue():
                self._say(response, step.say, language)
                name = clean(step.queue)[:LONGEST_QUEUE_NAME]
                response.enqueue(name, action=self._url(step.then), wait_url=self._url(step.wait))
            case LeaveQueue():
                response.leave()
            case RecordMessage():
                self._write_message(response, step, language)
            case HangUp():
                self._say(response, step.say, language)
                response.hangup()

    def _write_ask(self, response: VoiceResponse, step: Gather, language: str) -> None:
        self._ask(response, step.say, language, self._url(step.then), step.timeout, step.digits)
        response.redirect(self._url(step.no_input))

    def _ask(
        self,
        response: VoiceResponse,
        say: Iterable[Prompt],
        language: str,
        action: str,
        timeout: int,
        digits: int = 1,
    ) -> None:
        # one key is any key, also # and *; a number ends with #
        ends = "" if digits == 1 else "#"
        gather = response.gather(
            input="dtmf", action=action, timeout=timeout, num_digits=digits, finish_on_key=ends
        )
        self._say(gather, say, language)

    def _write_ring(self, response: VoiceResponse, step: Ring, language: str) -> None:
        targets = [target for target in step.targets if is_dialable(target)]
        if not targets:
            then = step.then.next(kind=NodeKind.VOICEMAIL)
            self._write_message(response, RecordMessage((Prompt("message-number"),), then), language)
            return
        self._say(response, step.say, language)
        add_dial(response, step, targets, self._base, self._caller_id)

    def _write_message(self, response: VoiceResponse, step: RecordMessage, language: str) -> None:
        self._say(response, step.say, language)
        response.record(
            action=self._url(step.then),
            timeout=MESSAGE_SILENCE,
            max_length=step.seconds,
            finish_on_key=MESSAGE_ENDS,
            play_beep=True,
            recording_status_callback=self._base + urls.recording_url("voicemail"),
            recording_status_callback_event="in-progress completed absent",
        )
        response.redirect(self._url(step.then))  # some carriers go on here after silence

    def _url(self, place: Position) -> str:
        return self._base + urls.position_url(place)

    def _say(self, speaker: VoiceResponse | GatherVerb, prompts: Iterable[Prompt], language: str) -> None:
        for prompt in prompts:
            for sound in self._book.sounds(prompt, language):
                if isinstance(sound, Clip):
                    speaker.play(self._base + urls.prompt_url(sound.language, sound.name))
                else:
                    speaker.say(clean(sound.text)[:LONGEST_SAY], language=sound.tag)
