// Has screen readers say something, now, and again where it was the last thing said.

export function say(text, announcer = document.getElementById("announcer")) {
  if (!announcer) return;
  announcer.textContent = "";
  setTimeout(() => (announcer.textContent = text), 50);
}
