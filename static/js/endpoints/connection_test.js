// On a narrow screen the connection test is below the form: scroll to it when it starts.

const isBeside = matchMedia("(width >= 64rem)");

document.addEventListener("htmx:after:swap", ({ detail }) => {
  if (isBeside.matches || !detail.ctx.sourceElement.matches("[data-test]")) return;
  document.getElementById("connection-test-title").scrollIntoView();
});
