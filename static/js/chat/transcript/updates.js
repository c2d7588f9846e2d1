// Only the connection changes a message that is shown: an answer to a request may be older than what that has brought
// meanwhile, so it only adds messages that are not there yet.

document.addEventListener("htmx:before:swap", ({ detail }) => {
  if (!detail.ctx.request) return;
  for (const task of detail.tasks) {
    if (task.swapSpec?.style !== "upsert") continue;
    for (const element of [...task.fragment.children]) {
      if (element.id && document.getElementById(element.id)) element.remove();
    }
  }
});
