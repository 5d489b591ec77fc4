// Faults of direction on a page: texts cut at their beginning, and signs placed at the end of the wrong direction.
() => {
  const TEXTS = { rtl: "نمونه ".repeat(30).trim(), ltr: "sample ".repeat(30).trim() };
  const faults = new Set();
  const brief = (element) => element.outerHTML.slice(0, 90).replace(/\s+/g, " ");
  const shown = (element) => element.checkVisibility({ checkVisibilityCSS: true }) && !element.closest(".sr, svg");
  const cuts = (element) => ["hidden", "clip"].includes(getComputedStyle(element).overflowX);
  const readOutAlone = (element) => getComputedStyle(element).clipPath !== "none" || element.offsetWidth < 4;

  // What somebody wrote or is called, in either direction and as long as can be: it is seen from its first letter on,
  // and dots stand where it ends.
  const written = (element) =>
    shown(element) &&
    element.getAttribute("dir") !== "ltr" &&
    !element.matches("input, textarea, .tel") &&
    element.textContent.trim() &&
    ![...element.children].some((child) => child.textContent.trim());
  const cutAt = (leaf, direction) => {
    const range = document.createRange();
    range.setStart(leaf.firstChild, 0);
    range.setEnd(leaf.firstChild, 1);
    const first = range.getBoundingClientRect();
    for (let box = leaf; box && box !== document.body; box = box.parentElement) {
      if (!cuts(box)) continue;
      if (readOutAlone(box)) return;
      const { left, right, bottom } = box.getBoundingClientRect();
      const name = `<${box.tagName.toLowerCase()} class="${box.className}">`;
      if (first.left < left - 2 || first.right > right + 2 || first.top > bottom)
        faults.add(`${direction} text is cut at its beginning by ${name}: ${brief(leaf)}`);
      const isCut = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
      const style = getComputedStyle(box);
      const dotted = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
      if (isCut && dotted && style.direction !== direction)
        faults.add(`dots stand at the beginning of ${direction} text in ${name}: ${brief(leaf)}`);
      return;
    }
  };
  for (const leaf of [...document.querySelectorAll("bdi, [dir=auto]")].filter(written)) {
    const before = [...leaf.childNodes];
    for (const [direction, text] of Object.entries(TEXTS)) {
      leaf.replaceChildren(text);
      cutAt(leaf, direction);
    }
    leaf.replaceChildren(...before);
  }

  // What runs from left to right on any page (codes, numbers, addresses) is seen from its first letter on too.
  for (const leaf of document.querySelectorAll("code, bdi[dir=ltr]")) {
    if (!shown(leaf) || !leaf.firstChild || leaf.firstChild.nodeType !== Node.TEXT_NODE) continue;
    const range = document.createRange();
    range.setStart(leaf.firstChild, 0);
    range.setEnd(leaf.firstChild, 1);
    const first = range.getBoundingClientRect();
    for (let box = leaf; box && box !== document.body; box = box.parentElement) {
      const overflow = getComputedStyle(box).overflowX;
      if (overflow === "visible") continue;
      const { left, right } = box.getBoundingClientRect();
      if (!readOutAlone(box) && (first.left < left - 2 || first.right > right + 2))
        faults.add(`is cut at its beginning by <${box.tagName.toLowerCase()} class="${box.className}">: ${brief(leaf)}`);
      break;
    }
  }

  // A sentence is one thing: in a flex box or a grid its pieces would stand apart, a comma away from its word.
  for (const box of document.querySelectorAll("main *")) {
    if (!shown(box) || !/flex|grid/u.test(getComputedStyle(box).display)) continue;
    const pieces = [...box.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (box.children.length && pieces.some((piece) => /^\s*[،؛,;.:?؟]/u.test(piece.data)))
      faults.add(`a sentence is in pieces: ${brief(box)}`);
  }

  // Signs that stand in a field: in its padding, and not on each other.
  for (const field of document.querySelectorAll("input, select, textarea")) {
    if (!shown(field)) continue;
    const box = field.getBoundingClientRect();
    const style = getComputedStyle(field);
    const hint = /\p{L}/u.exec(field.placeholder ?? "")?.[0];
    if (hint && !field.value && style.direction !== (/\p{Script=Arabic}/u.test(hint) ? "rtl" : "ltr"))
      faults.add(`a hint in the other direction: ${brief(field)}`);
    const start = box.left + Number.parseFloat(style.paddingLeft) + 1;
    const end = box.right - Number.parseFloat(style.paddingRight) - 1;
    const signs = [...field.parentElement.querySelectorAll("kbd, .icon, button")]
      .filter((sign) => shown(sign) && getComputedStyle(sign).position === "absolute")
      .map((sign) => [sign, sign.getBoundingClientRect()]);
    for (const [sign, { left, right }] of signs) {
      if (right > start && left < end) faults.add(`stands in the text of a field: ${brief(sign)}`);
      for (const [other, place] of signs)
        if (other !== sign && left < place.right && place.left < right)
          faults.add(`${brief(sign)} covers ${brief(other)}`);
    }
  }

  // Start and end are by an element's own direction: one that has another than what is around it has no sides.
  for (const element of document.querySelectorAll("[dir], kbd, bdi, .tel, time, .clock, code, input, textarea")) {
    if (!shown(element) || element === document.documentElement) continue;
    const style = getComputedStyle(element);
    if (style.direction === getComputedStyle(element.parentElement).direction) continue;
    if (style.position === "absolute") faults.add(`is placed by its own direction: ${brief(element)}`);
    const sides = [
      [style.marginInlineStart, style.marginInlineEnd],
      [style.paddingInlineStart, style.paddingInlineEnd],
      [style.borderInlineStartWidth, style.borderInlineEndWidth],
    ];
    if (sides.some(([start, end]) => start !== end)) faults.add(`has sides by its own direction: ${brief(element)}`);
  }
  // A page is as wide as its window: what is wider scrolls by itself.
  const excess = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (excess > 0) faults.add(`the page is ${excess} px too wide`);
  return [...faults];
};
