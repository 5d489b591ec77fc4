// The list of calls: what is new is announced, never pushed in; rows change in their place; players in the row.

const table = document.querySelector(".table.calls");
const rowOf = (call) => table?.querySelector(`tr[data-call="${CSS.escape(call)}"]`);

// --- news ---

let soon = 0;

/** Asks how many calls are new, at most once a second. */
function ask() {
  soon ||= setTimeout(() => {
    soon = 0;
    document.getElementById("news")?.dispatchEvent(new CustomEvent("calls:again"));
  }, 1000);
}

/** Whether somebody works in this row: hears it, has chosen it, or has the focus in it. */
const inHand = (row) => row.contains(document.activeElement) || row.querySelector("[data-player], :checked") !== null;

const renewing = new Map(); // of each call, whether more has happened since its row was asked for

/** Draws a row anew in its place; what happens meanwhile is asked for again, to the one that took its place. */
async function renew(call) {
  if (renewing.has(call)) {
    renewing.set(call, true);
    return;
  }
  do {
    renewing.set(call, false);
    const row = rowOf(call);
    if (!row || inHand(row)) break;
    await htmx.ajax("GET", `/calls/${call}/row`, { source: row, target: row, swap: "outerHTML" }).catch(() => {});
  } while (renewing.get(call));
  renewing.delete(call);
}

for (const kind of ["call.offered", "call.updated", "call.ended", "again"]) {
  document.addEventListener(`live:${kind}`, ({ detail }) => {
    const row = detail?.subject && rowOf(detail.subject);
    if (row) renew(detail.subject);
    else ask();
  });
}

// --- the player in the row ---

table?.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-hear]");
  if (!button) return;
  const row = button.closest("tr"), open = row.querySelector("[data-player]");
  if (open) close(row);
  else {
    for (const other of table.querySelectorAll("tr:has([data-player])")) close(other);
    row.dataset.wanted = "";
    button.dispatchEvent(new CustomEvent("hear:now"));
  }
});

function close(row) {
  row.querySelector("audio")?.pause();
  row.querySelector(".c-player").replaceChildren();
  row.classList.remove("hearing");
  row.querySelector("[data-hear]").setAttribute("aria-expanded", "false");
}

document.addEventListener("htmx:after:swap", () => {
  const row = table?.querySelector("tr[data-wanted]:has([data-player])");
  if (!row) return;
  delete row.dataset.wanted;
  row.classList.add("hearing");
  row.querySelector("[data-hear]").setAttribute("aria-expanded", "true");
  row.querySelector("[data-act=toggle]").focus();
  row.querySelector("[data-act=toggle]").click();
});

table?.addEventListener("keydown", (event) => {
  const row = event.key === "Escape" && event.target.closest("tr.hearing");
  if (!row) return;
  close(row);
  row.querySelector("[data-hear]").focus();
});

// --- choosing ---

const chosen = document.getElementById("chosen");
const count = new Intl.NumberFormat(document.documentElement.lang);

function tally() {
  const boxes = [...document.querySelectorAll('input[form="chosen"]')];
  for (const box of boxes) box.closest("tr").classList.toggle("chosen-row", box.checked);
  const many = boxes.filter((box) => box.checked).length;
  chosen.hidden = many === 0;
  chosen.querySelector("[data-count]").textContent = count.format(many);
}

document.addEventListener("change", ({ target }) => target.matches('input[form="chosen"]') && tally());
chosen?.addEventListener("reset", () => setTimeout(tally));
addEventListener("pageshow", () => chosen && tally());

// --- filters: at once, and nothing in the URL that says nothing ---

const filters = document.getElementById("filters");
filters?.addEventListener("submit", () => {
  const between = filters.elements.when.value === "between";
  for (const field of filters.elements) {
    const idle = !field.value || (field.name === "when" && field.value === "today") || ("between" in field.dataset && !between);
    if (field.name && idle) field.disabled = true;
  }
  setTimeout(() => { for (const field of filters.elements) field.disabled = false; });
});
filters?.addEventListener("change", ({ target }) => {
  if ("between" in target.dataset) {
    filters.elements.when.value = "between";
    return;
  }
  if (target.name === "when" && target.value === "between") {
    filters.querySelector("details").open = true;
    filters.elements.first.focus();
    return;
  }
  filters.requestSubmit();
});
