// The palette: type to find conversations, pages of the guide, presets and actions; Enter goes there.

const dialog = document.getElementById("palette");
const input = document.getElementById("palette-input");
const choices = document.getElementById("palette-choices");

const options = () => [...choices.querySelectorAll("[role=option]")];
const chosen = () => choices.querySelector("[aria-selected=true]");

export function openPalette() {
  dialog.showModal();
  input.select();
  htmx.trigger(input, "ask"); // what was found may be old
}

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

const last = (all) => all.length - 1;
const steps = {
  ArrowDown: (at, all) => (at + 1) % all.length,
  ArrowUp: (at, all) => (at > 0 ? at - 1 : last(all)),
  PageDown: (at, all) => Math.min(at + 5, last(all)),
  PageUp: (at) => Math.max(at - 5, 0),
};

input.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  const all = options();
  if (event.key === "Enter") {
    event.preventDefault();
    chosen()?.click();
  } else if (event.key in steps && all.length) {
    event.preventDefault();
    choose(all[steps[event.key](all.indexOf(chosen()), all)]);
  }
});

input.addEventListener("htmx:after:swap", () => {
  choose(options()[0]);
  choices.scrollTop = 0;
});
choices.addEventListener("pointermove", ({ target }) => {
  const option = target.closest("[role=option]");
  if (option && option !== chosen()) choose(option);
});
choices.addEventListener("click", ({ target }) => target.closest("a") && dialog.close());

document.addEventListener("click", ({ target }) => target.closest("[data-palette]") && openPalette());
