// The ledger's live story: lines as they are told, each call under its own heading.

import { connect } from "./socket.js";

const language = document.documentElement.lang;
const NEAR = 40; // px from the end within which new lines pull the list along

export function story() {
  const box = document.getElementById("story");
  const list = box.querySelector("ol");
  const state = document.getElementById("story-state");
  const line = document.getElementById("story-line").content;
  let last = 0;
  let name = "";

  function heard(message) {
    if (!message.story) add(message);
    else if (name && name !== message.story) location.reload(); // the demo has started afresh
    else name = message.story;
  }

  function add(entry) {
    if (entry.id <= last) return;
    last = entry.id;
    const follows = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    const item = line.firstElementChild.cloneNode(true);
    item.dataset.at = entry.at;
    item.dataset.call = entry.call;
    item.classList.toggle("head", entry.begins);
    const time = item.querySelector("time");
    time.dateTime = entry.at;
    time.textContent = entry.clock;
    item.querySelector(".said").textContent = entry.said;
    item.querySelector(".sub").textContent = entry.wire;
    if (!entry.wire) item.querySelector(".sub").remove();
    list.querySelector(".new")?.classList.remove("new");
    item.classList.add("new");
    list.append(item);
    document.getElementById("story-empty").hidden = true;
    if (follows) box.scrollTop = box.scrollHeight;
  }

  function show(word) {
    state.className = `dot push ${word}`;
    state.setAttribute("aria-label", state.dataset[word]);
  }

  connect(() => `/demo/story?language=${language}&after=${last}`, {
    heard,
    open: () => show("live"),
    lost: () => show("lost"),
  });
}
