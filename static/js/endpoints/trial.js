// On a narrow screen the test's result is below the form: bring it into view when it begins.

document.addEventListener("htmx:after:swap", ({ detail }) => {
  const { sourceElement } = detail.ctx;
  if (!sourceElement.matches("[data-test]")) return;
  document.getElementById("trial").scrollIntoView({ block: "nearest" });
});
