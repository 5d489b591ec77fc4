// A password may be looked at: buttons that show and hide it.

for (const button of document.querySelectorAll("button[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  const word = button.querySelector("span");
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    word.textContent = shown ? button.dataset.hide : button.dataset.show;
  });
  field.form?.addEventListener("submit", () => {
    field.type = "password"; // browsers offer to keep what is a password, and no other text
  });
}
