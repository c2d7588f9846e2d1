// On a narrow screen the test's result is below the form: bring it into view when it begins.

const isBeside = matchMedia("(width >= 64rem)");

document.addEventListener("htmx:after:swap", ({ detail }) => {
  if (isBeside.matches || !detail.ctx.sourceElement.matches("[data-test]")) return;
  document.getElementById("connection-test-title").scrollIntoView();
});
