// The line to the desk: Socket.IO namespace /chat, messages sent once however often the line breaks.

import { io } from "socket.io-client";

const ACK_MS = 10_000;
const LATER_MS = 10_000;
const REOPEN_MS = 3_000;
/** What a message is refused for as it is; any other answer is about the moment, and it is tried again. */
const FINAL = new Set(["text", "invalid", "forbidden", "not-found"]);
const TYPING_MS = 3_000;

/**
 * Opens the line. `hears` is told what happens: `hello(answer)`, `message(m)`, `state({client_id, state})`, `typing()`,
 * `rate(survey)`, `online(bool)`, `line(bool)`, `sent(client_id, answer)` and `refused(client_id, reason)`.
 * `memory` keeps the token and what waits. The desk is asked for the whole talk each time: ids grow as messages are
 * written, not as they are sent, so a newest known id would hide an answer that left later.
 */
export const openLine = ({ site, memory, hears }) => {
  const socket = io("/chat", { transports: ["websocket", "polling"], reconnectionDelayMax: 10_000 });
  let typedAt = 0;
  let greeted = false;
  let later;

  let before = Promise.resolve();

  /** One at a time, in the order they were written: the first one brings the token that the others belong to. */
  const pass = (message) => {
    before = before.then(() => push(message));
    return before;
  };

  const push = async (message) => {
    if (!greeted || !memory.waiting.some((each) => each.client_id === message.client_id)) return;
    let answer;
    try {
      answer = await socket.timeout(ACK_MS).emitWithAck("send", { ...message, token: memory.token });
    } catch {
      return; // no answer: it stays in the queue and goes again with the next hello
    }
    if (answer?.error && !FINAL.has(answer.error)) {
      clearTimeout(later);
      later = setTimeout(hello, LATER_MS);
      return;
    }
    if (answer?.error) {
      memory.settle(message.client_id);
      hears.refused(message.client_id, answer.error);
      return;
    }
    memory.keepToken(answer?.token);
    memory.settle(message.client_id);
    hears.sent(message.client_id, answer || {});
  };

  const hello = async () => {
    const asked = { site };
    if (memory.token) asked.token = memory.token;
    let answer;
    try {
      answer = await socket.timeout(ACK_MS).emitWithAck("hello", asked);
    } catch {
      socket.disconnect().connect();
      return;
    }
    if (answer?.error) {
      hears.line(false);
      clearTimeout(later);
      later = setTimeout(hello, LATER_MS);
      return;
    }
    greeted = true;
    hears.line(true);
    memory.keepToken(answer.token);
    hears.hello(answer);
    for (const message of memory.waiting) pass(message);
  };

  // A line that the desk itself closed or refused is not opened again by the library.
  const reopen = () => {
    hears.line(false);
    clearTimeout(later);
    if (!socket.active) later = setTimeout(() => socket.connect(), REOPEN_MS);
  };

  socket.on("connect", hello);
  socket.on("disconnect", () => {
    greeted = false;
    reopen();
  });
  socket.on("connect_error", reopen);
  socket.on("message", (message, ack) => {
    hears.message(message);
    ack?.({ id: message.id });
  });
  socket.on("rate", (asked, ack) => {
    hears.rate(asked.survey);
    ack?.({});
  });
  socket.on("state", hears.state);
  socket.on("seen", ({ client_ids }) => {
    for (const client_id of client_ids) hears.state({ client_id, state: "read" });
  });
  socket.on("typing", hears.typing);
  socket.on("online", (news) => hears.online(news?.online ?? news));

  return {
    /** Sends now, or as soon as the line is back. */
    send(message) {
      memory.queue(message);
      pass(message);
    },
    /** The address for an answer by mail. Returns the desk's answer; an `error` says what is wrong with it. */
    async email(address) {
      try {
        return (await socket.timeout(ACK_MS).emitWithAck("email", { address })) || {};
      } catch {
        return { error: "line" };
      }
    },
    /** Says who is signed in. Returns the desk's answer, null while the line is down. */
    async identify(who, token) {
      if (!greeted) return null;
      try {
        const agreed = Boolean(memory.consent);
        return await socket.timeout(ACK_MS).emitWithAck("identify", { ...who, token, consent: agreed });
      } catch {
        return null;
      }
    },
    /** A wish beside the talk. Returns the desk's answer; an `error` says what is wrong. */
    async wish(name, data) {
      try {
        return (await socket.timeout(ACK_MS).emitWithAck(name, data)) || {};
      } catch {
        return { error: "line" };
      }
    },
    /** The visitor is on that page of the site now. */
    page({ url, title }) {
      if (greeted && memory.token) socket.emit("page", { page_url: url, page_title: title });
    },
    /** Greets the desk again: another visitor, or more to see. */
    hello,
    read(id) {
      if (greeted) socket.emit("read", { id });
    },
    typing() {
      const now = Date.now();
      if (!greeted || now - typedAt < TYPING_MS) return;
      typedAt = now;
      socket.emit("typing", {});
    },
  };
};
