// Announce a text to screen readers, even if it is the same as the last one.

export function announce(text, announcer = document.getElementById("announcer")) {
  if (!announcer) return;
  announcer.textContent = "";
  setTimeout(() => (announcer.textContent = text), 50);
}
