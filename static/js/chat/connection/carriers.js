// Three carriers for the same frames. Each calls `receive` with a frame or heartbeat, and `lost` with the reason if it
// is known. Each returns `close`, after which it calls neither; polling returns `hurry` too, which polls at once.

export const reasons = { gone: "gone", crowded: "crowded" };
const signedOut = 4401; // close codes of apps/chat/consumers.py
const tooMany = 4429;
const pace = { writing: 1_500, idle: 10_000, crowded: 5_000 }; // ms between two polls
const answerWithin = 15_000; // ms

function withParameter(path, name, value) {
  const url = new URL(path, location.href);
  url.searchParams.set(name, value);
  return url;
}

export function socket({ socket: path, since }, receive, lost) {
  const url = withParameter(path, "since", since);
  url.protocol = url.protocol.replace("http", "ws");
  const connection = new WebSocket(url);
  const listening = new AbortController();
  const { signal } = listening;
  connection.addEventListener("message", ({ data }) => receive(data), { signal });
  const closed = ({ code }) => lost({ [signedOut]: reasons.gone, [tooMany]: reasons.crowded }[code]);
  connection.addEventListener("close", closed, { signal });
  return {
    close() {
      listening.abort();
      if (connection.readyState !== WebSocket.CONNECTING) connection.close();
      else connection.addEventListener("open", () => connection.close()); // browsers log an error before
    },
  };
}

export function events({ events: path, since }, receive, lost) {
  const source = new EventSource(withParameter(path, "since", since));
  source.onmessage = ({ data }) => receive(data);
  source.onerror = () => {
    source.close(); // it would reconnect forever
    lost();
  };
  return {
    close() {
      source.onmessage = source.onerror = null;
      source.close();
    },
  };
}

export function polls({ changes: path, since }, receive, lost, { replyIsBeingWritten, crowded }) {
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
      const missing = await answer.json(); // throws on an error page of a server or proxy
      if (closing.signal.aborted) return;
      cursor = missing.cursor;
      receive(missing.html);
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
