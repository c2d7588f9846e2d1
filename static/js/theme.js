// Run before the first paint, so that neither the other theme nor a hidden sidebar flashes.
"use strict";
(() => {
  const root = document.documentElement;
  const read = () => {
    try {
      return localStorage.getItem("theme") || "system";
    } catch {
      return "system";
    }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };

  const isSidebarHidden = () => {
    try {
      return localStorage.getItem("sidebar") === "off";
    } catch {
      return false;
    }
  };

  root.classList.add("js");
  apply(read());
  root.toggleAttribute("data-no-sidebar", isSidebarHidden());
  // Another tab changed the theme.
  addEventListener("storage", (event) => {
    if (event.key === "theme") apply(read());
  });
  const check = (theme) => {
    for (const choice of document.querySelectorAll("[data-theme-switch] input")) {
      choice.checked = choice.value === theme;
    }
  };
  document.addEventListener("DOMContentLoaded", () => check(read()));
  document.addEventListener("change", (event) => {
    if (!event.target.closest?.("[data-theme-switch]")) return;
    apply(event.target.value);
    check(event.target.value);
    try {
      localStorage.setItem("theme", event.target.value);
    } catch {
      // Storage is off: the choice applies to this page.
    }
  });
})();
