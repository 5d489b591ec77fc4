// The virtual phone: calls as whoever is chosen, shows and plays what is heard, sends keys and messages.

import { record } from "./mic.js";
import { connect } from "./socket.js";
import { Ear, audio } from "./sound.js";

const STILL_SPEAKING = 1000; // ms between two words that a message goes on
const language = document.documentElement.lang;
const byId = (id) => document.getElementById(id);

/** Digits as the page writes them. */
export function digits(text) {
  return language === "fa" ? text.replace(/[0-9]/g, (digit) => "۰۱۲۳۴۵۶۷۸۹"[digit]) : text;
}

export function phone(changed) {
  const ear = new Ear();
  const caption = byId("caption");
  const hint = byId("hint");
  const badge = byId("on-line");
  const keys = [...document.querySelectorAll("[data-key]")];
  let on = false; // a call is on
  let rung = false; // we are being called
  let since = 0;
  let fresh = true; // the next words begin a new caption
  let message = null; // a message being recorded
  let beat = 0;

  const socket = connect(() => `/demo/line?language=${language}`, {
    heard,
    lost,
    open() {
      lit();
      socket.say({ as: byId("caller").value });
    },
  });

  function lost() {
    if (on || rung) end("lost");
    lit("away");
  }

  function lit(state = on ? "on" : rung ? "rung" : "idle") {
    const busy = state === "on" || state === "rung";
    badge.querySelector(".word").textContent = badge.dataset[state];
    badge.className = `badge push${busy ? " live" : ""}`;
    badge.querySelector(".dot").className = `dot ${state === "on" ? "live" : state === "rung" ? "ring" : "off"}`;
    badge.querySelector(".ticks").textContent = "";
    const call = byId("call");
    call.disabled = !(state === "idle" || state === "rung");
    call.querySelector(".word").textContent = state === "rung" ? call.dataset.answer : call.dataset.call;
    byId("caller").disabled = busy;
    byId("hangup").disabled = !busy;
    for (const key of keys) key.disabled = state !== "on";
  }

  function say(name, who = "") {
    hint.textContent = (hint.dataset[name] ?? "").replace("{who}", who);
    changed(name);
  }

  function begin() {
    on = true;
    since = Date.now();
    caption.replaceChildren();
    lit();
    say("calling");
  }

  function end(why) {
    on = rung = false;
    fresh = true;
    ear.hush();
    stopMessage(false);
    byId("message").hidden = true;
    lit();
    say(why);
    if (why === "lost") changed("ended");
  }

  function rings() {
    rung = true;
    fresh = true;
    caption.replaceChildren();
    lit();
    say("rung");
    ear.hear({ kind: "ringing", seconds: 60 });
  }

  function heard({ calling, ringing, hear, hush, sign, who }) {
    if (calling) begin();
    if (ringing) rings();
    if (hush) ear.hush();
    if (hear) hears(hear);
    if (sign) SIGNS[sign]?.(who);
  }

  const SIGNS = {
    listening() {
      fresh = true;
      say("listening");
    },
    recording() {
      byId("message").hidden = false;
      say("recording");
    },
    connected(who) {
      ear.hush();
      if (!on) begin();
      say("connected", who);
    },
    parted: () => say("parted"),
    ended: () => end("ended"),
  };

  function hears(sound) {
    ear.hear(sound);
    if (sound.text) words(sound);
    else if (sound.kind === "play") say("music");
    else if (sound.kind === "ringing" || sound.kind === "music") say(sound.kind);
    if (sound.kind !== "silence" && !sound.text) fresh = true;
  }

  function words({ text, language: spoken }) {
    if (fresh || !caption.lastElementChild) caption.append(document.createElement("p"));
    while (caption.childElementCount > 2) caption.firstElementChild.remove();
    const line = caption.lastElementChild;
    if (fresh) line.dir = spoken.startsWith("fa") ? "rtl" : "ltr";
    if (fresh) line.lang = spoken;
    fresh = false;
    if (line.textContent) line.append(" ");
    for (const part of text.split(/([0-9۰-۹]+)/)) {
      const piece = document.createElement(/^[0-9۰-۹]+$/.test(part) ? "b" : "span");
      piece.textContent = part;
      line.append(piece);
    }
    caption.scrollTop = caption.scrollHeight;
  }

  function press(key) {
    if (!on) return;
    ear.hush();
    fresh = true;
    socket.say({ press: key });
    const button = keys.find((one) => one.dataset.key === key);
    button?.classList.add("hit");
    setTimeout(() => button?.classList.remove("hit"), 250);
  }

  async function hangUp() {
    if (!on && !rung) return;
    await stopMessage(true);
    socket.say({ hangup: true });
  }

  // --- a message after the tone ---

  async function speak() {
    if (message) {
      await stopMessage(true);
      return;
    }
    ear.hush();
    try {
      message = await record();
    } catch {
      say("refused");
      return;
    }
    byId("mic").querySelector(".word").textContent = byId("mic").dataset.stop;
    socket.say({ speaking: true });
    beat = setInterval(() => socket.say({ speaking: true }), STILL_SPEAKING);
    say("speaking");
  }

  async function stopMessage(keep) {
    clearInterval(beat);
    const [mine, button] = [message, byId("mic")];
    message = null;
    if (!mine) return;
    button.querySelector(".word").textContent = button.dataset.start;
    const spoken = await mine.stop();
    if (keep && on) {
      socket.say({ speak: spoken });
      say("left");
    }
  }

  byId("call").dataset.call = byId("call").querySelector(".word").textContent;
  byId("caller").addEventListener("change", ({ target }) => socket.say({ as: target.value }));
  byId("mic").dataset.start = byId("mic").querySelector(".word").textContent;
  byId("mic").addEventListener("click", speak);
  byId("sample").addEventListener("click", () => {
    if (socket.say({ speak: "sample" })) say("left");
    byId("message").hidden = true;
  });
  byId("call").addEventListener("click", () => {
    audio();
    if (rung) {
      socket.say({ answer: true });
      ear.hush();
    } else if (!on && socket.say({ call: byId("caller").value })) byId("call").disabled = true;
  });
  byId("hangup").addEventListener("click", hangUp);
  byId("aloud").addEventListener("change", ({ target }) => {
    ear.aloud = target.checked;
    if (!target.checked) ear.hush();
  });
  for (const key of keys) key.addEventListener("click", () => press(key.dataset.key));
  byId("phone").addEventListener("keydown", (event) => {
    const key = event.key.replace(/[۰-۹]/g, (digit) => String("۰۱۲۳۴۵۶۷۸۹".indexOf(digit)));
    const writing = event.target.closest("select, input");
    if (/^[0-9*#]$/.test(key) && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) press(key);
  });
  setInterval(() => {
    if (!on) return;
    const seconds = Math.floor((Date.now() - since) / 1000);
    badge.querySelector(".ticks").textContent = digits(`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
  }, 1000);
  return { hangUp };
}
