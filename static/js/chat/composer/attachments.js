// Attach files that are chosen, dropped or pasted. Upload them at once, so that the draft keeps them. Turn a long
// pasted text into a file, which can be inserted as text instead.

import { openIn } from "../dialogs.js";
import { opensElsewhere } from "../dom.js";

const form = document.getElementById("composer");
const input = document.getElementById("message");
const list = document.getElementById("draft-files");
const refused = document.getElementById("composer-error");
const busy = document.getElementById("attaching");
const announcer = document.getElementById("announcer");
const attach = document.getElementById("attach");
const chooser = document.getElementById("attach-files");
const dialog = document.getElementById("file-dialog");
const chat = document.querySelector("main.chat");

// A longer text would hide the question in the composer.
const longPaste = { characters: 2_000, lines: 60 };
const most = Number(attach.dataset.most); // bytes
const longest = Number(attach.dataset.longest); // characters of a message
const responseStart = "<hx-partial"; // the start of each of our responses, refusals too

let uploading = 0;
let sendAfterwards = false;

function show(html) {
  return htmx.swap({ sourceElement: list, target: list, swap: "none", text: html, transition: false });
}

function post(url, fields = {}) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  return fetch(url, { method: "POST", body, headers: { "HX-Request": "true" } });
}

async function upload(file) {
  if (file.size > most) return `${file.name} is larger than ${attach.dataset.mostWords}. Attach the part that matters.`;
  busy.textContent = `Attaching ${file.name}…`;
  try {
    const answer = await post(attach.dataset.attach, { conversation: attach.dataset.conversation, files: file });
    const html = await answer.text();
    if (!html.trimStart().startsWith(responseStart)) return `${file.name} could not be attached (error ${answer.status}).`;
    refused.textContent = "";
    await show(html);
    return refused.textContent;
  } catch {
    return `${file.name} could not be attached: it cannot be read, or the server cannot be reached.`;
  }
}

async function attachAll(files) {
  const sentences = [];
  uploading += 1;
  for (const file of files) sentences.push(await upload(file));
  uploading -= 1;
  if (uploading) return false;
  busy.textContent = "";
  const problems = [...new Set(sentences.filter(Boolean))];
  refused.textContent = problems.join(" ");
  if (!problems.length) announcer.textContent = files.map(({ name }) => `${name} is attached.`).join(" ");
  form.dispatchEvent(new Event("files"));
  if (sendAfterwards && !problems.length) form.requestSubmit();
  sendAfterwards = false;
  return !problems.length;
}

// Hold the message back until its files are uploaded.
form.addEventListener("submit", (event) => {
  if (!uploading) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  sendAfterwards = true;
}, { capture: true });

// A message that is queued has no later moment for its files.
document.getElementById("queue").addEventListener("click", (event) => {
  if (!uploading) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  refused.textContent = "Wait until the files are attached.";
}, { capture: true });

attach.querySelector("button").addEventListener("click", () => chooser.click());
chooser.addEventListener("change", () => {
  const files = [...chooser.files];
  chooser.value = "";
  attachAll(files);
});

function filesIn(transfer) {
  const isFolder = (item) => item.webkitGetAsEntry?.()?.isDirectory;
  const items = [...transfer.items].filter((item) => item.kind === "file");
  if (items.some(isFolder)) refused.textContent = "Folders cannot be attached; attach the files in them.";
  return items.filter((item) => !isFolder(item)).map((item) => item.getAsFile()).filter(Boolean);
}

const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");

chat.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  chat.dataset.dropping = "";
});
chat.addEventListener("dragleave", ({ relatedTarget }) => chat.contains(relatedTarget) || delete chat.dataset.dropping);
chat.addEventListener("drop", (event) => {
  delete chat.dataset.dropping;
  if (!hasFiles(event)) return;
  event.preventDefault();
  const files = filesIn(event.dataTransfer);
  if (files.length) attachAll(files);
  input.focus();
});

function nameForPaste() {
  const taken = new Set([...list.querySelectorAll(".file__name")].map(({ textContent }) => textContent));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? "pasted.txt" : `pasted-${number}.txt`;
    if (!taken.has(name)) return name;
  }
}

function insert(text) {
  input.focus();
  input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

input.addEventListener("paste", async (event) => {
  const text = event.clipboardData.getData("text/plain");
  const files = [...event.clipboardData.files];
  const isLong = text.length > longPaste.characters || text.split("\n", longPaste.lines + 1).length > longPaste.lines;
  if (text && !isLong) return;
  if (!text && !files.length) return;
  event.preventDefault();
  if (!text) return attachAll(files);
  const attached = await attachAll([new File([text], nameForPaste(), { type: "text/plain" })]);
  if (attached) announcer.textContent = "The pasted text is attached as a file. It can be inserted as text instead.";
});

async function insertAsText(button) {
  const { id } = button.closest(".file");
  const text = await (await fetch(button.dataset.insert)).text();
  if (input.value.length + text.length > longest) {
    refused.textContent = `With this text the message would be longer than ${longest.toLocaleString("en")} characters.`;
    return;
  }
  insert(text);
  document.querySelector(`#${CSS.escape(id)} [formaction]`)?.click();
}

document.addEventListener("click", (event) => {
  const inserting = event.target.closest("[data-insert]");
  if (inserting) insertAsText(inserting);
  const link = event.target.closest("a[data-file]");
  if (!link || opensElsewhere(event)) return;
  event.preventDefault();
  openIn(dialog, link);
});

// Another tab may have sent the draft's files.
async function refresh() {
  try {
    const address = `${attach.dataset.attach}?conversation=${attach.dataset.conversation}`;
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    const html = await answer.text();
    if (answer.ok && address.endsWith(attach.dataset.conversation)) await show(html); // not if the page moved on
    form.dispatchEvent(new Event("files"));
  } catch {
    // Offline: the list stays as it is, and sending shows the error.
  }
}

form.addEventListener("sent", refresh);
addEventListener("pageshow", ({ persisted }) => persisted && refresh());

// A removed file takes the focused button with it.
list.addEventListener("htmx:after:request", () => requestAnimationFrame(() => {
  form.dispatchEvent(new Event("files"));
  if (document.activeElement === document.body) input.focus();
}));
