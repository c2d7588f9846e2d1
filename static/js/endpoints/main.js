// Stop polling in a hidden tab, and poll at once when it is shown again.

document.addEventListener("htmx:before:request", (event) => {
  if (document.hidden && event.target.matches("[data-poll]")) event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const region of document.querySelectorAll("[data-poll]")) htmx.trigger(region, "poll");
});
