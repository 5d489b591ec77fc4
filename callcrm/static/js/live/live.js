// What is new, as DOM events for the parts of the page, and the state of the line, in words and as a banner.
// One tab of a browser has the line and tells the others; if it closes, the next one takes over.

import { Line } from "./connection.js";

const shown = document.getElementById("line-state");
const DOT = { live: "live", polling: "wait", offline: "lost" };
const language = document.documentElement.lang;

let state = null;
let since = new Date();

function announce(name, detail) {
  document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));
}

function hear(kind, data, tongue) {
  if (kind !== "waiting") announce(kind, { subject: data });
  else if (tongue === language) announce("waiting", { html: data });
  else fetch("/desk/waiting", { headers: { "HX-Request": "true" } }).then(take, () => {});
}

async function take(answer) {
  if (answer.ok) announce("waiting", { html: await answer.text() });
}

function show(now, when) {
  if (now === state) return;
  const before = state;
  [state, since] = [now, when];
  document.documentElement.dataset.line = state;
  shown.querySelector(".dot").className = `dot ${DOT[state]}`;
  shown.querySelector(".word").textContent = shown.dataset[state];
  banner();
  tellPage();
  announce("state", { state, since });
  if (before === "offline" || (before === "polling" && state === "live")) announce("again", {});
}

function clock() {
  const how = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: shown.dataset.zone };
  return new Intl.DateTimeFormat(language, how).format(since);
}

/** The same where a page speaks of it. */
function tellPage() {
  for (const one of document.querySelectorAll("[data-line-dot]")) one.className = `dot ${DOT[state]}`;
  for (const one of document.querySelectorAll("[data-line-word]")) one.textContent = shown.dataset[state];
  for (const one of document.querySelectorAll("[data-line-since]")) {
    one.textContent = one.dataset.lineSince.replace("{time}", clock());
  }
}

function banner() {
  document.getElementById("line-banner")?.remove();
  const template = document.getElementById(`line-${state}`);
  if (!template) return;
  const made = template.content.cloneNode(true).firstElementChild;
  made.id = "line-banner";
  for (const one of made.querySelectorAll("time")) {
    one.dateTime = since.toISOString();
    one.textContent = clock();
  }
  document.getElementById("banners").append(made);
}

/** The tabs of a browser: `say` reaches the others, `heard` gets what they say. */
function tabs(name, heard) {
  if (!("BroadcastChannel" in window)) return () => {};
  const channel = new BroadcastChannel(name);
  channel.addEventListener("message", ({ data }) => heard(data));
  return (message) => channel.postMessage(message);
}

function begin() {
  const name = `callcrm-line-${shown.dataset.user}`;
  let leading = false;

  const say = tabs(name, (message) => {
    if (leading) {
      if (message.come) say({ state, since });
      return;
    }
    if (message.kind) {
      line.mark = message.mark;
      hear(message.kind, message.data, message.language);
    } else if (message.state) show(message.state, message.since);
  });

  const line = new Line({
    mark: shown.dataset.mark || null,
    tell(kind, data, mark) {
      hear(kind, data, language);
      if (leading) say({ kind, data, mark, language });
    },
    turn(now) {
      show(now, new Date());
      say({ state, since });
    },
    refused: () => location.assign(`/login?next=${encodeURIComponent(location.pathname)}`),
  });

  const lead = () => {
    leading = true;
    line.begin();
    return new Promise(() => {}); // for as long as the tab lives
  };

  for (const change of ["online", "offline"]) addEventListener(change, () => line.moved());
  if (!navigator.locks) {
    const attend = () => (document.hidden ? line.rest() : line.begin());
    document.addEventListener("visibilitychange", attend);
    attend();
    return;
  }
  navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
    if (lock) return lead();
    navigator.locks.request(name, lead);
    say({ come: true });
    // What was told between this page's making and now, the others have heard already.
    return line.ask().catch(() => {});
  });
}

if (shown) begin();
