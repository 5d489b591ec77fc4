// What ticks. The server says from or until when; here seconds are counted, in the digits of the page.

const language = document.documentElement.lang;
const whole = new Intl.NumberFormat(language, { useGrouping: false });
const two = new Intl.NumberFormat(language, { useGrouping: false, minimumIntegerDigits: 2 });
let ahead = 0; // how far the server's clock is ahead of this machine's, in ms

/** The server's time, as far as the last part that came from it tells. */
export function now() {
  return Date.now() + ahead;
}

/** Learns the server's time from a part that has just been drawn; a part tells it once. */
export function tune(part) {
  const said = Date.parse(part.dataset.now);
  delete part.dataset.now;
  // A second is how exactly it is said: a smaller difference is none.
  if (!Number.isNaN(said) && Math.abs(said - now()) > 1500) ahead = said - Date.now();
}

function length(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  const tail = `${hours ? two.format(minutes) : whole.format(minutes)}:${two.format(rest)}`;
  return hours ? `${whole.format(hours)}:${tail}` : tail;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  for (const element of document.querySelectorAll(".num[data-since]")) {
    const seconds = (now() - Date.parse(element.dataset.since)) / 1000;
    write(element, length(seconds));
    if (element.dataset.late) element.classList.toggle("t-lost", seconds > Number(element.dataset.late));
  }
  for (const element of document.querySelectorAll(".num[data-until]")) {
    const seconds = Math.max(0, Math.ceil((Date.parse(element.dataset.until) - now()) / 1000));
    write(element, "clock" in element.dataset ? length(seconds) : whole.format(seconds));
  }
  for (const element of document.querySelectorAll("[data-again]")) {
    if (Date.parse(element.dataset.again) > now()) continue;
    element.removeAttribute("data-again");
    document.dispatchEvent(new CustomEvent("desk:again"));
  }
}

setInterval(tick, 250);
