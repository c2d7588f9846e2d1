// Where a phone's keyboard lies over the page instead of making it smaller, as on iOS: leaves its room free, so that the
// composer stands above it.

const viewport = window.visualViewport;
const least = 80; // px; less is a scrollbar

function makeRoom() {
  const covered = viewport.scale > 1.01 ? 0 : innerHeight - viewport.height; // who has zoomed in sees less as well
  const height = covered > least ? Math.round(covered) : 0;
  document.documentElement.style.setProperty("--keyboard", `${height}px`);
  if (height) scrollTo(0, 0); // the browser had scrolled to show the field
}

viewport?.addEventListener("resize", makeRoom);
