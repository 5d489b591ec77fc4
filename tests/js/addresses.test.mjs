// Paths become addresses below the prefix, and addresses of the page paths again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, go, here, pathOf, socketAddressOf } from "../../callcrm/static/js/shared/addresses.js";
import { pretend } from "./fakes.mjs";

function at(t, href, prefix) {
  const gone = [];
  const location = { href, pathname: new URL(href).pathname, assign: (address) => gone.push(address) };
  pretend(t, { document: { documentElement: { dataset: prefix ? { prefix } : {} } }, location });
  return gone;
}

test("below a prefix, it stands before what is requested and is off what is named", (t) => {
  const gone = at(t, "https://host.example/crm/calls?x=1", "/crm");
  assert.equal(addressOf("/desk"), "/crm/desk");
  assert.equal(pathOf("/crm/desk"), "/desk");
  assert.equal(here(), "/calls");
  assert.equal(String(socketAddressOf("/demo/phone?a=b")), "wss://host.example/crm/demo/phone?a=b");
  go("/login");
  assert.deepEqual(gone, ["/crm/login"]);
});

test("without one, addresses are paths", (t) => {
  const gone = at(t, "http://127.0.0.1:8000/desk");
  assert.deepEqual([addressOf("/desk"), pathOf("/desk"), here()], ["/desk", "/desk", "/desk"]);
  assert.equal(String(socketAddressOf("/demo/phone")), "ws://127.0.0.1:8000/demo/phone");
  go("/calls");
  assert.deepEqual(gone, ["/calls"]);
});

test("the page at the prefix itself is the first page", (t) => {
  at(t, "https://host.example/crm", "/crm");
  assert.equal(here(), "/");
});
