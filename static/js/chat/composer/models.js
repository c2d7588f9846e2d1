// The choice of models: read when it opens. A new conversation keeps the choice in its settings until the first message.

const menu = document.getElementById("models");
const choices = document.getElementById("model-choices");
const setting = () => document.querySelector("#settings-first select[name=settings-endpoint]"); // of a new conversation

const buttons = () => [...menu.querySelectorAll("button")].filter((button) => button.checkVisibility());

menu.addEventListener("toggle", ({ newState }) => {
  if (newState === "open") htmx.trigger(choices, "open");
});

choices.addEventListener("htmx:after:swap", () => {
  const select = setting();
  for (const button of select ? choices.querySelectorAll("button") : []) {
    button.setAttribute("aria-pressed", String(button.value === select.value));
  }
  if (menu.matches(":popover-open")) choices.querySelector("[aria-pressed=true]")?.focus();
});

choices.addEventListener("click", ({ target }) => {
  const select = setting();
  const button = target.closest("button");
  if (!select || !button) return;
  select.value = button.value;
  select.dispatchEvent(new Event("input", { bubbles: true })); // the figures under the composer follow
  menu.hidePopover();
});

// On a phone the settings are in the menu.
document.getElementById("settings-from-models").addEventListener("click", () => {
  menu.hidePopover();
  document.getElementById("settings").showPopover();
});

// The composer names the choice, and the state of that server.
document.addEventListener("input", ({ target }) => {
  if (target === setting()) htmx.trigger("#model-servers", "chosen");
});

choices.addEventListener("htmx:after:request", ({ target, detail }) => {
  if (target !== choices && detail.ctx.response?.raw?.ok) menu.hidePopover();
});

menu.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const all = buttons();
  event.preventDefault();
  all.at((all.indexOf(document.activeElement) + step) % all.length)?.focus();
});
