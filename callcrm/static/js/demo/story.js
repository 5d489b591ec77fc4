// The ledger's live story: lines as they are told, each call under its own heading.

import { need, query } from "../shared/dom.js";
import { connect } from "./socket.js";

const NEAR = 40; // px from the end within which new lines pull the list along

/** @typedef {{ id: number, at: string, call: string, begins: boolean, clock: string, text: string, wire: string }} StoryLine */

export function followStory() {
  const box = need("#story", HTMLElement);
  const list = need("ol", HTMLElement, box);
  const state = need("#story-state", HTMLElement);
  const template = need("#story-line", HTMLTemplateElement);
  let last = 0;
  let story = "";
  let follows = true; // as long as nobody has scrolled back

  box.addEventListener("scroll", () => {
    if (box.clientHeight) follows = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
  });
  // Lines that came while another part was in front have moved nothing yet.
  new ResizeObserver(toNewest).observe(box);

  function toNewest() {
    if (follows) box.scrollTop = box.scrollHeight;
  }

  /** @param {{ story: string } | StoryLine} message */
  function received(message) {
    if (!("story" in message)) return add(message);
    if (story && story !== message.story) location.reload(); // the demo has started afresh
    story = message.story;
  }

  /** @param {StoryLine} line */
  function add(line) {
    if (line.id <= last) return;
    last = line.id;
    const item = itemOf(line, template);
    query(".new", HTMLElement, list)?.classList.remove("new");
    item.classList.add("new");
    list.append(item);
    need("#story-empty", HTMLElement).hidden = true;
    toNewest();
  }

  /** @param {"live" | "lost"} name */
  function show(name) {
    state.className = `dot push ${name}`;
    state.setAttribute("aria-label", state.dataset[name] ?? "");
  }

  connect(() => `/demo/story?language=${document.documentElement.lang}&after=${last}`, {
    received,
    opened: () => show("live"),
    lost: () => show("lost"),
  });
}

/**
 * @param {StoryLine} line
 * @param {HTMLTemplateElement} template
 */
function itemOf({ at, call, begins, clock, text, wire }, template) {
  const item = need("li", HTMLElement, document.importNode(template.content, true));
  item.dataset.at = at;
  item.dataset.call = call;
  item.classList.toggle("head", begins);
  const time = need("time", HTMLTimeElement, item);
  time.dateTime = at;
  time.textContent = clock;
  need(".text", HTMLElement, item).textContent = text;
  const onTheWire = need(".sub", HTMLElement, item);
  onTheWire.textContent = wire;
  if (!wire) onTheWire.remove();
  return item;
}
