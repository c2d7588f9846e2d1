// Copies a code block, and says so where the button was.

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  const code = button?.closest(".code-block")?.querySelector("code");
  if (!code) return;
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => (button.textContent = "Copy"), 2000);
});
