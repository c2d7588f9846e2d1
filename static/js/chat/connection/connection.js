// Keep the page connected to its conversation: by WebSocket; by server-sent events where WebSockets are blocked; by
// polling where a proxy holds events back. Remember for the tab which carrier worked, and retry the WebSocket now and
// then. The server sends a frame or heartbeat at once, every 15 seconds, and every two while a reply is written: silence
// means a lost connection.

import { replyIsBeingWritten } from "../dom.js";
import { whenLeaving, whenOpened } from "../opened.js";
import { events, polls, reasons, socket } from "./carriers.js";

const transcript = document.getElementById("transcript");
const sentence = document.getElementById("connection");
const addresses = transcript.dataset;

const ladder = [
  { name: "socket", open: socket, tries: 2, triesOnceProven: 4 },
  { name: "events", open: events, tries: 1, triesOnceProven: 2 },
  { name: "polls", open: polls, tries: 1, triesOnceProven: 1 },
];
const firstFrameWithin = 5_000; // ms
const longestSilence = { usually: 4_500, polls: 20_000 }; // ms, while a reply is being written
const interval = 500; // ms between two checks
const wait = { first: 500, longest: 10_000 }; // ms
const upgrade = { usually: 600_000, crowded: 60_000 }; // ms until a WebSocket is tried again
const memory = "chat:carrier";
const offline = "You are offline. A reply goes on, and appears when you are back.";

let rung = 0;
let tries = 0;
let rounds = 0;
let connection = null;
let spoke = false;
let heard = 0;
let timer;
let crowded = false;
let over = false;
let tryAgainAt = 0;
const isFollowing = () => Boolean(addresses.socket); // a new conversation has nothing to follow
const proven = new Set();

function remember() {
  const { name } = ladder[rung];
  proven.add(name);
  if (rung === 0) {
    sessionStorage.removeItem(memory);
    return;
  }
  tryAgainAt = Date.now() + (crowded ? upgrade.crowded : upgrade.usually);
  sessionStorage.setItem(memory, JSON.stringify({ name, tryAgainAt }));
}

function recall() {
  const remembered = JSON.parse(sessionStorage.getItem(memory) ?? "null");
  if (!remembered || remembered.tryAgainAt < Date.now()) return;
  tryAgainAt = remembered.tryAgainAt;
  rung = Math.max(0, ladder.findIndex(({ name }) => name === remembered.name));
}

function showStatus(text) {
  if (sentence.textContent !== text) sentence.textContent = text;
  transcript.toggleAttribute("data-unconnected", Boolean(text));
}

function close() {
  clearTimeout(timer);
  connection?.close();
  connection = null;
}

function connect() {
  close();
  if (over || document.hidden || !isFollowing()) return;
  spoke = false;
  connection = ladder[rung].open(addresses, receive, lost, { replyIsBeingWritten, crowded });
  timer = setTimeout(lost, firstFrameWithin);
}

function receive(text) {
  heard = Date.now();
  if (!spoke) {
    clearTimeout(timer);
    spoke = true;
    tries = rounds = 0;
    remember();
    showStatus("");
  }
  if (sentence.textContent) showStatus("");
  if (!text || text.startsWith("{")) return; // a heartbeat
  htmx.swap({ sourceElement: transcript, target: transcript, swap: "none", text, transition: false });
}

function lost(reason) {
  close();
  if (reason === reasons.gone) return end();
  if (reason === reasons.crowded) {
    crowded = true;
    rung = ladder.length - 1;
    return connect();
  }
  if (spoke) tries = 0;
  else if (++tries >= (proven.has(ladder[rung].name) ? ladder[rung].triesOnceProven : ladder[rung].tries)) next();
  const soon = wait.first * 2 ** (rounds + Math.max(0, tries - 1));
  const later = Math.min(soon, wait.longest) * (0.7 + Math.random() * 0.6); // spread the reconnecting pages
  timer = setTimeout(connect, tries || rounds || spoke ? later : 0);
}

function next() {
  tries = 0;
  rung += 1;
  if (rung < ladder.length) return;
  rung = 0;
  rounds += 1;
  showStatus("Not connected. Trying again…");
}

function end() {
  over = true;
  showStatus("You can no longer follow this conversation. Reload the page to sign in again.");
}

function startAnew() {
  rung = tries = rounds = 0;
  crowded = false;
  connect();
}

function check() {
  if (document.hidden || over || !connection || !spoke) return;
  const writing = replyIsBeingWritten();
  const silence = ladder[rung].name === "polls" ? longestSilence.polls : longestSilence.usually;
  if (writing && Date.now() - heard > silence) {
    showStatus(navigator.onLine ? "The connection was lost. Trying again…" : offline);
    lost();
  }
  else if (!writing && rung > 0 && Date.now() > tryAgainAt) startAnew();
}

recall();
connect();
setInterval(check, interval);
addEventListener("online", startAnew);
addEventListener("offline", () => {
  if (!over && isFollowing()) showStatus(offline);
});
addEventListener("pagehide", close);
addEventListener("pageshow", ({ persisted }) => persisted && startAnew());
document.addEventListener("visibilitychange", () => (document.hidden ? close() : connection || connect()));
document.addEventListener("htmx:after:request", () => connection?.hurry?.());
whenLeaving(close); // a frame of this conversation must not reach the next one
whenOpened(() => {
  over = false;
  showStatus("");
  connect();
});
