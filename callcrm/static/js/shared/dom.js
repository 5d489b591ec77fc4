// Elements found and made, each with its kind, so that the type check knows what it may do.

/**
 * The first element that matches, if it is of this kind; else null.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} kind
 * @param {ParentNode} [root]
 * @returns {T | null}
 */
export function query(selector, kind, root = document) {
  const element = root.querySelector(selector);
  return element instanceof kind ? element : null;
}

/**
 * The same where the page can't do without it. Throws where a template has forgotten it.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} kind
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function need(selector, kind, root = document) {
  const element = query(selector, kind, root);
  if (!element) throw new Error(`The page has no ${kind.name} ${selector}`);
  return element;
}

/**
 * All elements that match and are of this kind, in the order of the page.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} kind
 * @param {ParentNode} [root]
 * @returns {T[]}
 */
export function queryAll(selector, kind, root = document) {
  return [...root.querySelectorAll(selector)].flatMap((element) => (element instanceof kind ? [element] : []));
}

/**
 * The element that matches and is, or holds, what the event happened to.
 * @template {Element} T
 * @param {Event} event
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T | null}
 */
export function targetOf(event, selector, kind) {
  const element = event.target instanceof Element ? event.target.closest(selector) : null;
  return element instanceof kind ? element : null;
}

/**
 * Handles an event of whatever matches, now or after the page has been patched.
 * @template {keyof DocumentEventMap} E
 * @template {Element} T
 * @param {E} type
 * @param {string} selector
 * @param {new () => T} kind
 * @param {(element: T, event: DocumentEventMap[E]) => unknown} handle
 */
export function delegate(type, selector, kind, handle) {
  document.addEventListener(type, (event) => {
    const element = targetOf(event, selector, kind);
    if (element) handle(element, event);
  });
}

/**
 * A new element. Text and nodes go in as they are: markup in a text stays text.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Partial<HTMLElementTagNameMap[K]>} [properties]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function build(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** @param {Element} element */
export function hasFocus(element) {
  return element.contains(document.activeElement);
}
