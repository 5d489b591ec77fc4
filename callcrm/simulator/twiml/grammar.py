"""Which attributes and children the carrier allows in each TwiML element; anything else is a warning."""

from dataclasses import dataclass

PROMPTS = frozenset({"Say", "Play", "Pause"})
NOUNS = frozenset({"Number", "Client", "Sip", "Conference", "Queue", "Application", "Sim", "WhatsApp"})
NOT_SIMULATED = frozenset(
    {"Connect", "Message", "Pay", "Prompt", "Refer", "Sms", "Siprec", "Start", "Stop", "Stream"}
)


@dataclass(frozen=True, slots=True)
class Element:
    """The attributes and children an element may have. Names are case-sensitive."""

    attributes: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()


def _element(attributes: str = "", children: frozenset[str] = frozenset()) -> Element:
    return Element(frozenset(attributes.split()), children)


_STATUS = "url method statusCallback statusCallbackMethod statusCallbackEvent "
_AMD = (
    "machineDetection machineDetectionTimeout machineDetectionSpeechThreshold "
    "machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout "
    "amdStatusCallback amdStatusCallbackMethod "
)
_RECORDING = "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent trim "

ELEMENTS = {
    "Say": _element("voice language loop"),
    "Play": _element("loop digits"),
    "Pause": _element("length"),
    "Gather": _element(
        "action method input timeout speechTimeout numDigits finishOnKey actionOnEmptyResult hints language "
        "speechModel profanityFilter partialResultCallback partialResultCallbackMethod enhanced",
        PROMPTS,
    ),
    "Redirect": _element("method"),
    "Hangup": _element(),
    "Reject": _element("reason"),
    "Leave": _element(),
    "Dial": _element(
        "action method timeout timeLimit callerId answerOnBridge hangupOnStar ringTone record recordingTrack "
        "referUrl referMethod callReason sequential " + _RECORDING,
        NOUNS,
    ),
    "Number": _element("sendDigits byoc " + _STATUS + _AMD),
    "Client": _element(_STATUS, frozenset({"Identity", "Parameter"})),
    "Identity": _element(),
    "Parameter": _element("name value"),
    "Sip": _element("username password " + _STATUS + _AMD),
    "Conference": _element(
        "muted beep startConferenceOnEnter endConferenceOnExit participantLabel maxParticipants "
        "waitUrl waitMethod "
        "record coach jitterBufferSize region eventCallbackUrl statusCallback statusCallbackMethod "
        "statusCallbackEvent recordingTrack " + _RECORDING
    ),
    "Queue": _element("url method reservationSid postWorkActivitySid"),
    "Application": _element("url method statusCallback statusCallbackMethod statusCallbackEvent"),
    "Sim": _element("url method"),
    "WhatsApp": _element(_STATUS),
    "Enqueue": _element("action method waitUrl waitUrlMethod maxQueueSize workflowSid"),
    "Record": _element(
        "action method timeout finishOnKey maxLength playBeep transcribe transcribeCallback "
        "recordingConfigurationId " + _RECORDING
    ),
}

VERBS = (
    NOT_SIMULATED | PROMPTS | {"Gather", "Redirect", "Hangup", "Reject", "Leave", "Dial", "Enqueue", "Record"}
)
