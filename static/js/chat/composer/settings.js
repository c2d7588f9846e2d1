// Close the settings panel once they are saved, or focus the first invalid field.

const panel = document.getElementById("settings");

panel.addEventListener("htmx:finally:request", ({ detail, target }) => {
  if (target.id !== "settings-form") return;
  if (detail.ctx.response?.raw?.ok) panel.hidePopover();
  else panel.querySelector("[aria-invalid=true]")?.focus();
});
