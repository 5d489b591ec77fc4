"""A recording in the making, and what the app is sent about it: callbacks, and parameters for an action."""

from callcrm.simulator.leg import CarrierState, Leg, rfc2822
from callcrm.simulator.recordings import Recording
from callcrm.simulator.twiml.document_runner import DocumentRunner
from callcrm.simulator.wire.webhooks import WebhookRequest


class RecordingSession:
    """A recording being made on a call. `url` is the recordingStatusCallback, `events` those it wants."""

    def __init__(
        self, runner: DocumentRunner, source: str, channels: int, url: str | None, events: tuple[str, ...]
    ) -> None:
        carrier = runner.carrier
        # The carrier books a Dial's recording on the parent leg, that of the caller.
        self._leg = runner.leg.root if source == "DialVerb" else runner.leg
        self._url = runner.resolve(url) if url else None
        self._events = events
        self._began = carrier.clock.monotonic()
        self.recording = Recording(
            carrier.sids.new("RE"), self._leg.sid, source, channels, carrier.clock.now()
        )
        carrier.recordings.begin(self.recording)
        self._leg.call_truth.recordings.append(self.recording.sid)
        self._report(self.recording)

    def stop(self, seconds: float | None = None, audio: bytes = b"") -> dict[str, str]:
        """Stop recording; the parameters for the action. `seconds`: what is left after trimming.

        The action's RecordingDuration is that before trimming, the callback's is the final one.
        """
        duration = self._leg.carrier.clock.monotonic() - self._began
        self.recording.audio = audio
        kept = duration if seconds is None else seconds
        self._leg.carrier.recordings.finish(self.recording, kept, self._report)
        return {
            "RecordingUrl": recording_url(self._leg.carrier, self.recording.sid),
            "RecordingSid": self.recording.sid,
            "RecordingDuration": str(round(duration)),
        }

    def _report(self, recording: Recording) -> None:
        if self._url is None or recording.status not in self._events:
            return
        params = _callback_params(self._leg, recording)
        request = WebhookRequest(
            "recording",
            self._url,
            tuple(params.items()),
            sid=self._leg.sid,
            idempotency_token=self._leg.carrier.sids.token(),
        )
        self._leg.send_callback(request, f"{recording.sid}:{recording.status}")


def recording_url(carrier: CarrierState, sid: str) -> str:
    """Where the media can be fetched, without an extension: that is WAV."""
    return f"{carrier.settings.api_url}/2010-04-01/Accounts/{carrier.account.sid}/Recordings/{sid}"


def _callback_params(leg: Leg, recording: Recording) -> dict[str, str]:
    # No From, To or CallStatus: the recording callback alone comes without them.
    params = {
        "AccountSid": leg.carrier.account.sid,
        "CallSid": recording.call_sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": recording_url(leg.carrier, recording.sid),
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
