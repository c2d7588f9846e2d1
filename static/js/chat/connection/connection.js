// Keeps the page connected to its conversation: over a WebSocket, where those are blocked over server-sent events, and
// where those are held back over questions. What has worked is remembered for the tab, and a WebSocket tried again now
// and then. The server says something at once and every fifteen seconds after that: who says nothing is not there.

import { replyIsBeingWritten } from "../dom.js";
import { events, polls, reasons, socket } from "./carriers.js";

const transcript = document.getElementById("transcript");
const sentence = document.getElementById("connection");
const addresses = transcript.dataset;

const ladder = [
  { name: "socket", open: socket, tries: 2, triesOnceProven: 4 },
  { name: "events", open: events, tries: 1, triesOnceProven: 2 },
  { name: "polls", open: polls, tries: 1, triesOnceProven: 1 },
];
const firstWordWithin = 5_000; // ms
const longestSilence = 40_000; // ms, while a reply is being written
const glance = 5_000; // ms between two looks
const wait = { first: 500, longest: 10_000 }; // ms
const upgrade = { usually: 600_000, crowded: 60_000 }; // ms until a WebSocket is tried again
const memory = "chat:carrier";

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

function say(text) {
  if (sentence.textContent !== text) sentence.textContent = text;
}

function close() {
  clearTimeout(timer);
  connection?.close();
  connection = null;
}

function connect() {
  close();
  if (over || document.hidden) return;
  spoke = false;
  // While this runs nothing can be heard: the carriers call back later.
  connection = ladder[rung].open(addresses, word, lost, { replyIsBeingWritten, crowded });
  timer = setTimeout(lost, firstWordWithin);
}

function word(text) {
  heard = Date.now();
  if (!spoke) {
    clearTimeout(timer);
    spoke = true;
    tries = rounds = 0;
    remember();
    say("");
  }
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
  const later = Math.min(soon, wait.longest) * (0.7 + Math.random() * 0.6); // not everybody at once
  timer = setTimeout(connect, tries || rounds || spoke ? later : 0);
}

function next() {
  tries = 0;
  rung += 1;
  if (rung < ladder.length) return;
  rung = 0;
  rounds += 1;
  say("Not connected. Trying again…");
}

function end() {
  over = true;
  say("You can no longer follow this conversation. Reload the page to sign in again.");
}

function startAnew() {
  rung = tries = rounds = 0;
  crowded = false;
  connect();
}

function look() {
  if (document.hidden || over || !connection || !spoke) return;
  const writing = replyIsBeingWritten();
  if (writing && Date.now() - heard > longestSilence) lost();
  else if (!writing && rung > 0 && Date.now() > tryAgainAt) startAnew();
}

if (addresses.socket) {
  recall();
  connect();
  setInterval(look, glance);
  addEventListener("online", startAnew);
  addEventListener("pagehide", close);
  addEventListener("pageshow", ({ persisted }) => persisted && startAnew());
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : connection || connect()));
  document.addEventListener("htmx:after:request", () => connection?.hurry?.());
}
