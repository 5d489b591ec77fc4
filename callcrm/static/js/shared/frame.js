// The frame of every page: the token on what htmx sends, keys that lead elsewhere, toasts.

import { shortcut } from "./shortcut.js";

const token = document.querySelector('meta[name="csrf"]')?.content;

document.addEventListener("htmx:config:request", ({ detail }) => {
  if (token) detail.ctx.request.headers["X-CSRF-Token"] = token;
});

const PLACES = { d: "/desk", c: "/customers", l: "/calls", p: "/promises" };
let going = false;

/** Whether somebody is writing, so that letters are letters. */
export function writing(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (document.body.dataset.shortcuts !== "on" || !plain || writing(event.target)) return;
  const key = shortcut(event);
  if (going && PLACES[key]) location.assign(PLACES[key]);
  going = key === "g";
  if (key === "/") {
    event.preventDefault();
    document.getElementById("find")?.focus();
  }
});

/** A number that is copied is copied as one that can be rung, however it is spelt on the page. */
document.addEventListener("copy", (event) => {
  const chosen = document.getSelection();
  const text = chosen.toString().trim();
  const near = chosen.rangeCount ? chosen.getRangeAt(0).startContainer : null;
  const tel = (near instanceof Element ? near : near?.parentElement)?.closest("[data-e164]");
  if (!tel || tel.textContent.trim() !== text) return;
  event.clipboardData.setData("text/plain", tel.dataset.e164);
  event.preventDefault();
});

/** Sends something by hand, with the page's token. */
export function send(path, { method = "POST", fields = {}, keepalive = false, signal } = {}) {
  const body = new URLSearchParams(fields);
  const headers = { "X-CSRF-Token": token ?? "", "HX-Request": "true" };
  return fetch(path, { method, body, headers, keepalive, signal, credentials: "same-origin" });
}

const SHOWN = 8000;

/** Says something for a moment, at the foot of the page. */
export function toast(text) {
  const box = document.createElement("div");
  box.className = "toast";
  box.textContent = text;
  document.getElementById("toasts").append(box);
}

/** Takes a toast away in a while, but not from under a pointer or a finger about to press Undo. */
function leave(box) {
  if (box.matches(":hover, :focus-within")) setTimeout(leave, 1000, box);
  else box.remove();
}

const toasts = document.getElementById("toasts");
if (toasts) {
  new MutationObserver((changes) => {
    for (const box of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
      if (box instanceof Element) setTimeout(leave, SHOWN, box);
    }
  }).observe(toasts, { childList: true });
}
