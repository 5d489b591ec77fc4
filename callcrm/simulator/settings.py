"""How this carrier behaves where real ones differ or nobody knows for sure."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Settings:
    """Times in seconds. Where the real carrier's behaviour is unknown the harder one is the default.

    `screening`: when several are rung and asked to accept, whether the first to answer silences the
    others or the first to accept. `queue_result_on_hangup`: whether the Enqueue action is told of a
    caller who has hung up. `queue_in_redirects`: whether QueuePosition and its like also come with
    redirects and actions inside the waiting document, not only with `waitUrl` itself.
    """

    api_url: str = "https://api.twilio.com"
    set_up: float = 1.0
    ring_padding: float = 5.0
    recording_delay: float = 5.0
    message_delay: float = 1.0
    queue_size: int = 1000
    screening: Literal["answer", "accept"] = "answer"
    queue_result_on_hangup: bool = True
    queue_in_redirects: bool = True
