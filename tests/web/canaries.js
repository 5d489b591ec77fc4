// Lists the faults of the page: markup, scripts or text direction that come from a canary.
// `tail` is the text after the direction override in a canary.
(tail) => {
  const INVISIBLE = "script, style, textarea, option, template, noscript, title, .sr";
  const faults = [];
  if (document.querySelector("[data-canary]")) faults.push("an element was made of text");
  for (const link of document.querySelectorAll("a[href], form[action], iframe[src]")) {
    const url = (link.href || link.action || link.src || "").toString();
    if (/^(javascript|data):/i.test(url)) faults.push("a link leads to a script");
  }
  if (document.documentElement.outerHTML.includes("4949")) faults.push("a template was run");
  const walk = document.createTreeWalker(document.body ?? document, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode;
    const parent = text.parentElement;
    if (!text.data.includes("\u202e") || parent.closest(INVISIBLE)) continue;
    let isolate = parent;
    while (isolate && !/isolate|plaintext/.test(getComputedStyle(isolate).unicodeBidi)) {
      isolate = isolate.parentElement;
    }
    const rest = (isolate ?? document.body).textContent.split("\u202e").pop().trim();
    const contained = isolate && (tail.startsWith(rest) || rest.startsWith(tail + "\n") || rest === tail + "…");
    if (!contained && !rest.startsWith(tail + "\u202c")) {
      faults.push("an override reaches past its text: " + parent.outerHTML.slice(-200));
    }
  }
  return faults.concat(globalThis.refused ?? []);
}
