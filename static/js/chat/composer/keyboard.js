// Keep the composer above a phone's keyboard where the keyboard covers the page, as on iOS.

const viewport = window.visualViewport;
const least = 80; // px; less is a scrollbar

function makeRoom() {
  const covered = viewport.scale > 1.01 ? 0 : innerHeight - viewport.height; // zooming in shrinks the viewport too
  const height = covered > least ? Math.round(covered) : 0;
  document.documentElement.style.setProperty("--keyboard", `${height}px`);
  if (height) scrollTo(0, 0); // undo the browser's scrolling to the field
}

viewport?.addEventListener("resize", makeRoom);
