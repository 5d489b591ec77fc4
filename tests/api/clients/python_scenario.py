"""What a program does with the client that openapi-python-client has made. Run with the client on its path.

Arguments: the API's address, a token, the ids of an agent, a call and a recording.
"""

# mypy: ignore-errors
# The client is made when the test runs.

import sys
from datetime import UTC, datetime, timedelta

from callcrm_client import AuthenticatedClient
from callcrm_client.api.default import (
    add_customer,
    add_note,
    add_promise,
    get_agent,
    get_call,
    get_customer,
    list_calls,
    list_customers,
    patch_agent,
    patch_call,
    patch_customer,
    patch_promise,
    recording_media,
)
from callcrm_client.models import (
    AgentIn,
    CallPatch,
    CustomerIn,
    CustomerPatch,
    NoteIn,
    Problem,
    PromiseIn,
    PromisePatch,
    PromiseState,
)

url, token, agent, call, recording = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=token)

made = add_customer.sync_detailed(
    client=client,
    body=CustomerIn(name="Rosa García", phones=["(202) 555-0123"], language="es", tier="gold"),
    idempotency_key="python-1",
)
again = add_customer.sync_detailed(
    client=client,
    body=CustomerIn(name="Rosa García", phones=["(202) 555-0123"], language="es", tier="gold"),
    idempotency_key="python-1",
)
rosa = made.parsed
assert (made.status_code, again.parsed.id, rosa.version) == (201, rosa.id, 1)

# What a patch leaves out stays: the client sends no field that was not set.
patched = patch_customer.sync_detailed(
    rosa.id, client=client, body=CustomerPatch(name="Rosa Luz"), if_match=made.headers["etag"]
)
assert patched.status_code == 200, patched.content
assert (patched.parsed.name, patched.parsed.phones) == ("Rosa Luz", ["+12025550123"])
assert (patched.parsed.language, patched.parsed.tier) == ("es", "gold")

stale = patch_customer.sync_detailed(
    rosa.id, client=client, body=CustomerPatch(tier=None), if_match=made.headers["etag"]
)
assert (stale.status_code, stale.parsed.present["name"]) == (412, "Rosa Luz")
assert get_customer.sync(rosa.id, client=client).tier == "gold"
assert patch_customer.sync(rosa.id, client=client, body=CustomerPatch(tier=None)).tier is None

assert isinstance(patch_customer.sync(rosa.id, client=client, body=CustomerPatch(name=" ")), Problem)
assert [row.id for row in list_customers.sync(client=client, q="rosa").items] == [rosa.id]

skilled = patch_agent.sync(agent, client=client, body=AgentIn(skills=["refunds"], queues=["sales"]))
spoken = patch_agent.sync(agent, client=client, body=AgentIn(languages=["fa"]))
assert (skilled.skills, spoken.skills, spoken.queues) == (["refunds"], ["refunds"], ["sales"])
assert get_agent.sync(agent, client=client).languages == ["fa"]

assert patch_call.sync(call, client=client, body=CallPatch(customer=rosa.id)).customer.name == "Rosa Luz"
disposed = patch_call.sync(call, client=client, body=CallPatch(disposition="sold"))
assert (disposed.customer.id, disposed.disposition) == (rosa.id, "sold")
assert add_note.sync(call, client=client, body=NoteIn(body="نمونه\nA line.")).body == "نمونه\nA line."
detail = get_call.sync(call, client=client)
assert ([note.body for note in detail.notes], detail.from_) == (["نمونه\nA line."], "+12025550134")
assert [row.id for row in list_calls.sync(client=client, customer=rosa.id).items] == [call]

audio = recording_media.sync_detailed(recording, client=client)
assert (audio.status_code, audio.parsed.payload.read()[:4]) == (200, b"RIFF")
part = recording_media.sync_detailed(recording, client=client, range_="bytes=0-3")
assert (part.status_code, part.content) == (206, b"RIFF")

due = datetime.now(UTC) + timedelta(hours=1)
refused = add_promise.sync(call, client=client, body=PromiseIn(what="Ring.", due_at=due))
assert (refused.status, refused.title) == (403, "Forbidden")  # the token is a program's own
missing = patch_promise.sync("prm_gone", client=client, body=PromisePatch(state=PromiseState.KEPT))
assert missing.status == 404
