// Only the connection updates a message on the page. The response to a form may be older than the connection's last
// frame, so it only adds messages that the page lacks.

document.addEventListener("htmx:before:swap", ({ detail }) => {
  if (!detail.ctx.request) return;
  for (const task of detail.tasks) {
    if (task.swapSpec?.style !== "upsert") continue;
    for (const element of [...task.fragment.children]) {
      if (element.id && document.getElementById(element.id)) element.remove();
    }
  }
});
