// A half-open socket says nothing, and the server says something every fifteen seconds: silence while a reply is being
// written means that the socket is dead. Back online, or back from the browser's memory, nobody waits for a timer.

const transcript = document.getElementById("transcript");
const longestSilence = 40_000; // ms
const glance = 5_000; // ms between two looks

let heard = Date.now();

const replyIsBeingWritten = () => transcript.querySelector('[data-state="queued"], [data-state="running"]') !== null;

const current = () => htmx.ext.ws.getRegistry().get(transcript.getAttribute("hx-ws:connect") ?? "");
transcript.addEventListener("htmx:after:ws:connection", () => (heard = Date.now()));
transcript.addEventListener("htmx:before:ws:message", () => (heard = Date.now()));

function connectNow() {
  const connection = current();
  if (connection?.socket?.readyState !== WebSocket.CLOSED) return;
  clearTimeout(connection.timer);
  document.dispatchEvent(new Event("visibilitychange")); // at which htmx connects
}

setInterval(() => {
  if (document.hidden || !replyIsBeingWritten() || Date.now() - heard < longestSilence) return;
  heard = Date.now();
  current()?.socket?.close(); // htmx connects again
}, glance);

addEventListener("online", connectNow);
addEventListener("pageshow", ({ persisted }) => persisted && connectNow());
