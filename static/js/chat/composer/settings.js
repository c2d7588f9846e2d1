// The panel of settings: closes when they are saved, and leads to what is wrong when they are not.

const panel = document.getElementById("settings");

panel.addEventListener("htmx:finally:request", ({ detail, target }) => {
  if (target.id !== "settings-form") return;
  if (detail.ctx.response?.raw?.ok) panel.hidePopover();
  else panel.querySelector("[aria-invalid=true]")?.focus();
});
