// The desk's keys. F-keys act while somebody types too; single letters only outside of fields.

import { writing } from "../shared/frame.js";
import { shortcut } from "../shared/shortcut.js";

const plain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey;

function press(selector) {
  const button = document.querySelector(selector);
  if (!button || button.disabled || button.getAttribute("aria-disabled") === "true") return;
  button.click();
}

const CALLS = {
  F2: () => press('[data-act="answer"]'),
  F4: () => press('[data-act="mute"]'),
  F9: () => press('[data-act="hangup"]'),
};

function letter(event) {
  const key = shortcut(event);
  if (key === "?") document.getElementById("keys")?.showModal();
  else if (key === "n") document.querySelector("#pad textarea")?.focus();
  else if (/^[1-9]$/.test(key)) press(`.choice[data-key="${key}"]`);
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  if (!plain(event) || event.repeat) return;
  if (CALLS[event.key] && !event.shiftKey) {
    event.preventDefault(); // F4 and F9 mean other things to some browsers
    CALLS[event.key]();
  } else if (document.body.dataset.shortcuts === "on" && !writing(event.target) && !document.querySelector("dialog[open]")) {
    letter(event);
  }
});
