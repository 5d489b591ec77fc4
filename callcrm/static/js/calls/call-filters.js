// The filters of the list of calls: they act at once, and the address has nothing in it that says nothing.

import { need, query } from "../shared/dom.js";

/** @param {HTMLFormElement} form */
function enhance(form) {
  const when = need("[name=when]", HTMLSelectElement, form);
  const fields = () =>
    [...form.elements].filter((field) => field instanceof HTMLInputElement || field instanceof HTMLSelectElement);

  form.addEventListener("submit", () => {
    const all = fields();
    for (const field of all) {
      const usual = field === when && field.value === "today";
      const unused = "between" in field.dataset && when.value !== "between";
      if (field.name && (!field.value || usual || unused)) field.disabled = true;
    }
    // What is disabled is not sent. The page stays if the answer is a file, or is gone back to.
    setTimeout(() => {
      for (const field of all) field.disabled = false;
    });
  });

  form.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLElement && "between" in target.dataset) {
      when.value = "between";
    } else if (target === when && when.value === "between") {
      need("details", HTMLDetailsElement, form).open = true;
      need("[name=first]", HTMLInputElement, form).focus();
    } else {
      form.requestSubmit();
    }
  });
}

const filters = query("#filters", HTMLFormElement);
if (filters) enhance(filters);
