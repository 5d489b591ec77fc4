// Numbers and times in the language of the page. Words come from the server, in data attributes.

const language = () => document.documentElement.lang;
/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map(); // making one takes longer than ten uses, and times tick

/**
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options]
 */
export function number(value, options) {
  const key = JSON.stringify([language(), options]);
  const format = formats.get(key) ?? new Intl.NumberFormat(language(), options);
  formats.set(key, format);
  return format.format(value);
}

/**
 * 5:17, or 1:02:09.
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const parts = hours ? [hours, minutes, whole % 60] : [minutes, whole % 60];
  return parts
    .map((part, place) => number(part, { minimumIntegerDigits: place ? 2 : 1, useGrouping: false }))
    .join(":");
}

/**
 * The time of day: 14:05, or 14:05:09.
 * @param {Date | number} moment
 * @param {string | undefined} timeZone
 * @param {{ seconds?: boolean }} [how]
 */
export function timeOfDay(moment, timeZone, { seconds = false } = {}) {
  /** @type {Intl.DateTimeFormatOptions} */
  const shape = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(timeZone && { timeZone }) };
  return new Intl.DateTimeFormat(language(), seconds ? { ...shape, second: "2-digit" } : shape).format(moment);
}

/**
 * A text of the template with its gaps filled: `{time}` by `time`. Empty where the template has none.
 * @param {string | undefined} text
 * @param {Record<string, string>} values
 */
export function fill(text, values) {
  return (text ?? "").replace(/\{(\w+)\}/gu, (gap, name) => values[name] ?? gap);
}
