// What a program does with the types that openapi-typescript has made. The types say what may be sent and what comes.

import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };

function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

const [url, token, agent, call, recording] = process.argv.slice(2);
assert(url && token && agent && call && recording, "arguments");
const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });
const at = (id: string) => ({ params: { path: { id } } });

const body: components["schemas"]["CustomerIn"] = { name: "Paul Lane", phones: ["(202) 555-0144"], tier: "gold" };
const params = { header: { "Idempotency-Key": "typescript-1" } };
const made = await client.POST("/customers", { params, body });
const again = await client.POST("/customers", { params, body });
assert(made.data && again.data?.id === made.data.id, "made once");
const { id } = made.data;
const tag = made.response.headers.get("etag") ?? "";

const ifMatch = { params: { path: { id }, header: { "If-Match": tag } } };
const patched = await client.PATCH("/customers/{id}", { ...ifMatch, body: { name: "Paul L." } });
assert(patched.data?.name === "Paul L." && patched.data.tier === "gold", "what a patch leaves out stays");
assert(patched.data.phones[0] === "+12025550144", "numbers stay");

const stale = await client.PATCH("/customers/{id}", { ...ifMatch, body: { tier: null } });
const present = stale.error?.present;
assert(stale.response.status === 412 && present && !Array.isArray(present), "a stale save gets the present one");
assert(present.name === "Paul L.", "with what was saved meanwhile");
const cleared = await client.PATCH("/customers/{id}", { ...at(id), body: { tier: null } });
assert(cleared.data?.tier === null && cleared.data.version === 3, "null clears");

const blank = await client.PATCH("/customers/{id}", { ...at(id), body: { name: " " } });
assert(blank.error?.errors?.[0]?.pointer === "#/name", "a refusal names the field");

const spoken = await client.PATCH("/agents/{id}", { ...at(agent), body: { languages: ["en", "fa"] } });
assert(spoken.data?.languages.length === 2 && spoken.data.state === "offline", "an agent's languages");

const given = await client.PATCH("/calls/{id}", { ...at(call), body: { customer: id } });
assert(given.data?.customer?.name === "Paul L.", "a call's customer");
const note = await client.POST("/calls/{id}/notes", { ...at(call), body: { body: "خط یک\nline two" } });
assert(note.data?.body === "خط یک\nline two", "a note, byte for byte");
const noteId = note.data.id;
const detail = await client.GET("/calls/{id}", at(call));
assert(detail.data?.notes.some((one) => one.id === noteId), "the call has its note");

const query = { params: { query: { customer: id, limit: 1 } } };
const listed = await client.GET("/calls", query);
assert(listed.data?.items[0]?.id === call && listed.data.items.length === 1, "the call is listed");

const audio = await client.GET("/recordings/{id}/media", { ...at(recording), parseAs: "arrayBuffer" });
assert(audio.data && audio.data.byteLength === 260, "audio is binary");

// What the types forbid is a fault of the compiler, or the check fails.
// @ts-expect-error a customer needs a name
await client.POST("/customers", { body: { phones: [] } });
