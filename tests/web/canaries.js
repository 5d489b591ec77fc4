// What a page must never hold, whatever was written. `tail`: what stands behind the override in a canary.
(tail) => {
  const UNSEEN = "script, style, textarea, option, template, noscript, title, .sr";
  const found = [];
  if (document.querySelector("[data-canary]")) found.push("an element was made of text");
  for (const link of document.querySelectorAll("a[href], form[action], iframe[src]")) {
    const where = (link.href || link.action || link.src || "").toString();
    if (/^(javascript|data):/i.test(where)) found.push("a link leads to a script");
  }
  if (document.documentElement.outerHTML.includes("4949")) found.push("a template was run");
  const walk = document.createTreeWalker(document.body ?? document, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode;
    const home = text.parentElement;
    if (!text.data.includes("\u202e") || home.closest(UNSEEN)) continue;
    let held = home;
    while (held && !/isolate|plaintext/.test(getComputedStyle(held).unicodeBidi)) held = held.parentElement;
    const rest = (held ?? document.body).textContent.split("\u202e").pop().trim();
    const alone = held && (tail.startsWith(rest) || rest.startsWith(tail + "\n") || rest === tail + "…");
    if (!alone && !rest.startsWith(tail + "\u202c")) {
      found.push("an override reaches past its text: " + home.outerHTML.slice(-200));
    }
  }
  return found.concat(globalThis.refused ?? []);
}
