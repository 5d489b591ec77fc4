"""Steps of the player as TwiML. Nothing a caller sent is ever put into a document."""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from twilio.twiml.voice_response import Gather as GatherVerb
from twilio.twiml.voice_response import VoiceResponse

from callcrm.base.text import clean
from callcrm.carrier import urls
from callcrm.carrier.twiml.dial import add_dial, is_dialable
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

MAX_DOCUMENT = 64_000  # bytes; the carrier takes 64 kB
MAX_CALL_SECONDS = 14_400  # of any call, at the carrier
MAX_SAY = 3000  # characters
MAX_QUEUE_NAME = 64  # characters
MESSAGE_SILENCE = 5  # seconds of silence that end a message
MESSAGE_END_KEYS = "0#"
SCREEN_TIMEOUT = 4  # seconds
CACHE_SIZE = 2048  # documents
ACCEPTED = str(VoiceResponse().to_xml())  # the whisper ends and the caller is connected


def _declined() -> str:
    response = VoiceResponse()
    response.hangup()
    return str(response.to_xml())


DECLINED = _declined()


class TwimlRenderer:
    """Renders answers as documents. No document names a call, so each is rendered once and cached."""

    def __init__(
        self,
        book: PromptBook,
        base_url: str,
        caller_id: str | None = None,
        call_seconds: int = MAX_CALL_SECONDS,
    ) -> None:
        self._book = book
        self._base = clean(base_url).rstrip("/")
        self._caller_id = caller_id if caller_id and E164.fullmatch(caller_id) else None
        self._call_seconds = call_seconds
        self._cached = lru_cache(CACHE_SIZE)(self._document)

    def render(self, answer: Answer) -> str:
        """The document for an answer."""
        return self._cached(answer.step, answer.language)

    def render_screen(self, path: str) -> str:
        """What who answers a screened phone hears first: press 1, sent to this path, else it hangs up.

        It runs before the caller is connected, so that a mobile's voicemail answers for nobody.
        """
        language = parse_qs(urlsplit(path).query).get("language", ["en"])[0]
        response = VoiceResponse()
        self._gather(response, (Prompt("screen"),), language, self._base + clean(path), SCREEN_TIMEOUT)
        response.hangup()
        return str(response.to_xml())

    def _document(self, step: Step, language: str) -> str:
        response = VoiceResponse()
        self._write(response, step, language)
        document = str(response.to_xml())
        if len(document.encode()) <= MAX_DOCUMENT:
            return document
        # too many words: the same without any still rings and still waits for a key
        return TwimlRenderer(PromptBook(), self._base, self._caller_id, self._call_seconds)._document(
            step, language
        )

    def _write(self, response: VoiceResponse, step: Step, language: str) -> None:
        match step:
            case Gather():
                self._write_gather(response, step, language)
            case Ring():
                self._write_ring(response, step, language)
            case Enqueue():
                self._say(response, step.say, language)
                name = clean(step.queue[:MAX_QUEUE_NAME])
                # the carrier creates the queue with its first caller
                response.enqueue(name, action=self._url(step.then), wait_url=self._url(step.wait))
            case LeaveQueue():
                response.leave()  # on to the action of the Enqueue, with QueueResult=leave
            case RecordMessage():
                self._write_message(response, step, language)
            case HangUp():
                self._say(response, step.say, language)
                response.hangup()

    def _write_gather(self, response: VoiceResponse, step: Gather, language: str) -> None:
        self._gather(response, step.say, language, self._url(step.then), step.timeout, step.digits)
        response.redirect(self._url(step.no_input))  # a Gather without input requests nothing by itself

    def _gather(
        self,
        response: VoiceResponse,
        say: Iterable[Prompt],
        language: str,
        action: str,
        timeout: int,
        digits: int = 1,
    ) -> None:
        # one key is any key, also # and *; a number ends with #, which is not part of Digits
        finish_on_key = "" if digits == 1 else "#"
        gather = response.gather(
            input="dtmf", action=action, timeout=timeout, num_digits=digits, finish_on_key=finish_on_key
        )
        self._say(gather, say, language)

    def _write_ring(self, response: VoiceResponse, step: Ring, language: str) -> None:
        targets = [target for target in step.targets if is_dialable(target)]
        if not targets:
            then = step.then.next(kind=NodeKind.VOICEMAIL)
            self._write_message(response, RecordMessage((Prompt("message-number"),), then), language)
            return
        self._say(response, step.say, language)
        add_dial(response, step, targets, self._base, self._caller_id, self._call_seconds)

    def _write_message(self, response: VoiceResponse, step: RecordMessage, language: str) -> None:
        self._say(response, step.say, language)
        response.record(
            action=self._url(step.then),
            timeout=MESSAGE_SILENCE,
            max_length=step.seconds,
            finish_on_key=MESSAGE_END_KEYS,
            play_beep=True,
            recording_status_callback=self._base + urls.recording_url("voicemail"),
            recording_status_callback_event="in-progress completed absent",
        )
        # Documented both ways: silence goes to the action, or on to the next verb.
        response.redirect(self._url(step.then))

    def _url(self, position: Position) -> str:
        return self._base + urls.position_url(position)

    def _say(self, parent: VoiceResponse | GatherVerb, prompts: Iterable[Prompt], language: str) -> None:
        for prompt in prompts:
            for sound in self._book.sounds(prompt, language):
                if isinstance(sound, Clip):
                    parent.play(self._base + urls.prompt_url(sound.language, sound.name))
                else:
                    parent.say(clean(sound.text[:MAX_SAY]), language=sound.tag)
