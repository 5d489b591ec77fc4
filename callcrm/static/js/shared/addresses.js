// Addresses of ours. Scripts name a path as its route does; where we are served below a path of a host (`data-prefix`),
// that stands before it, and it is known here alone.

const prefix = () => document.documentElement.dataset.prefix ?? "";

/**
 * What a path of ours is requested by.
 * @param {string} path
 */
export function addressOf(path) {
  return prefix() + path;
}

/**
 * What a WebSocket of ours is opened by.
 * @param {string} path
 */
export function socketAddressOf(path) {
  const url = new URL(addressOf(path), location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

/**
 * The path, as its route has it, of an address that stands in the page.
 * @param {string} address
 */
export function pathOf(address) {
  return address.slice(prefix().length) || "/";
}

/** The path of this page. */
export function here() {
  return pathOf(location.pathname);
}

/**
 * Goes to another page.
 * @param {string} path
 */
export function go(path) {
  location.assign(addressOf(path));
}
