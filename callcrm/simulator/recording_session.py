"""What a recording tells the app: the callback, and the parameters of an action."""

from callcrm.simulator.leg import CarrierState, Leg, rfc2822
from callcrm.simulator.recordings import Recording
from callcrm.simulator.twiml.document_runner import DocumentRunner
from callcrm.simulator.wire.webhooks import Errand


class RecordingSession:
    """A recording being made on a call."""

    def __init__(
        self, stage: DocumentRunner, source: str, channels: int, url: str | None, events: tuple[str, ...]
    ) -> None:
        switch = stage.switch
        self._leg = stage.leg.root if source == "DialVerb" else stage.leg
        self._url = stage.resolve(url) if url else None
        self._events = events
        self._began = switch.clock.elapsed()
        self.recording = Recording(switch.sids.new("RE"), self._leg.sid, source, channels, switch.clock.now())
        switch.recordings.begin(self.recording)
        self._leg.call.recordings.append(self.recording.sid)
        self._tell(self.recording)

    def stop(self, seconds: float | None = None, audio: bytes = b"") -> dict[str, str]:
        """Stop recording; what the action is told. `seconds`: what is left after trimming."""
        whole = self._leg.switch.clock.elapsed() - self._began
        self.recording.audio = audio
        kept = whole if seconds is None else seconds
        self._leg.switch.recordings.finish(self.recording, kept, self._tell)
        return {
            "RecordingUrl": recording_url(self._leg.switch, self.recording.sid),
            "RecordingSid": self.recording.sid,
            "RecordingDuration": str(round(whole)),
        }

    def _tell(self, recording: Recording) -> None:
        if self._url is None or recording.status not in self._events:
            return
        params = _callback_params(self._leg, recording)
        errand = Errand(
            "recording",
            self._url,
            tuple(params.items()),
            sid=self._leg.sid,
            token=self._leg.switch.sids.token(),
        )
        self._leg.callback(errand, f"{recording.sid}:{recording.status}")


def recording_url(switch: CarrierState, sid: str) -> str:
    """Where the carrier says the sound is, without an extension."""
    return f"{switch.settings.api_url}/2010-04-01/Accounts/{switch.account.sid}/Recordings/{sid}"


def _callback_params(leg: Leg, recording: Recording) -> dict[str, str]:
    params = {
        "AccountSid": leg.switch.account.sid,
        "CallSid": recording.call_sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": recording_url(leg.switch, recording.sid),
        "RecordingStatus": recording.status,
        "RecordingChannels": str(recording.channels),
        "RecordingStartTime": rfc2822(recording.started),
        "RecordingSource": recording.source,
        "RecordingTrack": "both",
        "ErrorCode": "0",
    }
    if recording.status == "completed":
        params["RecordingDuration"] = str(recording.seconds)
    return params
