// Copies what stands in a field; where the browser allows no copying, it selects it.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  const field = button && document.getElementById(button.dataset.copy);
  if (!field) return;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return;
  }
  const word = button.querySelector("span");
  const before = word.textContent;
  word.textContent = button.dataset.done;
  setTimeout(() => {
    word.textContent = before;
  }, 2000);
});
