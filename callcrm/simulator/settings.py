"""How the simulated carrier behaves where real ones differ, or where its documentation leaves it open."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CarrierSettings:
    """Times in seconds. Where the real carrier's behaviour is unknown the harder one is the default.

    `setup_delay`: from dialling until the far end rings. `ring_padding`: what the carrier adds to a Dial's
    timeout (documented as about 5 s). `screening`: when several are rung and asked to accept, whether the
    first to answer silences the others or the first to accept. `queue_result_on_hangup`: whether the Enqueue
    action is requested for a caller who has hung up. `queue_in_redirects`: whether QueuePosition and its like
    also come with redirects and actions inside the waiting document, not only with `waitUrl` itself.
    """

    api_url: str = "https://api.twilio.com"
    setup_delay: float = 1.0
    ring_padding: float = 5.0
    recording_delay: float = 5.0
    message_delay: float = 1.0
    queue_size: int = 1000
    screening: Literal["answer", "accept"] = "answer"
    queue_result_on_hangup: bool = True
    queue_in_redirects: bool = True
