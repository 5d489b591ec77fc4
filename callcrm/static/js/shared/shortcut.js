// What a key means as a shortcut, whichever alphabet the keyboard is set to.

/** The Latin letter, digit or sign of a key: on a Persian keyboard the one at its place. */
export function shortcut({ key, code, shiftKey }) {
  if (key.length > 1 || /[\x20-\x7e]/.test(key)) return key.toLowerCase();
  if (code === "Slash") return shiftKey ? "?" : "/";
  return (/^(?:Key|Digit)(.)$/.exec(code)?.[1] ?? key).toLowerCase();
}
