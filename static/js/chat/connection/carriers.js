// Three ways for the same frames to reach the page. Each takes what to do with a word, which is a frame or a heartbeat,
// and with the loss of the connection, and why where that is known; each returns how to close it, after which it is
// silent, and perhaps how to hurry it.

export const reasons = { gone: "gone", crowded: "crowded" };
const signedOut = 4401; // close codes of apps/chat/consumers.py
const tooMany = 4429;
const pace = { writing: 1_500, idle: 10_000, crowded: 5_000 }; // ms between two questions
const answerWithin = 15_000; // ms

function withParameter(path, name, value) {
  const url = new URL(path, location.href);
  url.searchParams.set(name, value);
  return url;
}

export function socket({ socket: path, since }, word, lost) {
  const url = withParameter(path, "since", since);
  url.protocol = url.protocol.replace("http", "ws");
  const connection = new WebSocket(url);
  const listening = new AbortController();
  const { signal } = listening;
  connection.addEventListener("message", ({ data }) => word(data), { signal });
  const closed = ({ code }) => lost({ [signedOut]: reasons.gone, [tooMany]: reasons.crowded }[code]);
  connection.addEventListener("close", closed, { signal });
  return {
    close() {
      listening.abort();
      if (connection.readyState !== WebSocket.CONNECTING) connection.close();
      else connection.addEventListener("open", () => connection.close()); // before, browsers complain
    },
  };
}

export function events({ events: path, since }, word, lost) {
  const source = new EventSource(withParameter(path, "since", since));
  source.onmessage = ({ data }) => word(data);
  source.onerror = () => {
    source.close(); // it would try again by itself, for ever
    lost();
  };
  return {
    close() {
      source.onmessage = source.onerror = null;
      source.close();
    },
  };
}

export function polls({ changes: path, since }, word, lost, { replyIsBeingWritten, crowded }) {
  const closing = new AbortController();
  let cursor = since;
  let timer;
  let asking = false;
  let hurried = false;

  async function ask() {
    clearTimeout(timer);
    hurried = asking;
    if (asking) return;
    asking = true;
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(answerWithin)]);
    try {
      const answer = await fetch(withParameter(path, "cursor", cursor), { signal, redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 404) return lost(reasons.gone);
      const missing = await answer.json(); // fails where a server or proxy says that something is wrong
      if (closing.signal.aborted) return;
      cursor = missing.cursor;
      word(missing.html);
    } catch {
      if (!closing.signal.aborted) lost();
      return;
    } finally {
      asking = false;
    }
    const writing = crowded ? pace.crowded : pace.writing;
    timer = setTimeout(ask, hurried ? 0 : replyIsBeingWritten() ? writing : pace.idle);
  }

  ask();
  return {
    close() {
      closing.abort();
      clearTimeout(timer);
    },
    hurry: ask,
  };
}
