// The line to the desk: Socket.IO namespace /chat, messages sent once however often the line breaks.

import { io } from "socket.io-client";

const ACK_MS = 10_000;
const TYPING_MS = 3_000;

/**
 * Opens the line. `hears` is told what happens: `hello(answer)`, `message(m)`, `state({client_id, state})`, `typing()`,
 * `online(bool)`, `line(bool)`, `sent(client_id, answer)` and `refused(client_id, reason)`.
 * `memory` keeps the token and what waits; `last()` is the newest message id the page holds.
 */
export const openLine = ({ site, memory, last, hears }) => {
  const socket = io("/chat", { transports: ["websocket", "polling"], reconnectionDelayMax: 10_000 });
  let typedAt = 0;
  let greeted = false;

  const pass = async (message) => {
    let answer;
    try {
      answer = await socket.timeout(ACK_MS).emitWithAck("send", message);
    } catch {
      return; // no answer: it stays in the queue and goes again with the next hello
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
    if (memory.token && last()) asked.after = last();
    let answer;
    try {
      answer = await socket.timeout(ACK_MS).emitWithAck("hello", asked);
    } catch {
      socket.disconnect().connect();
      return;
    }
    greeted = true;
    memory.keepToken(answer.token);
    hears.hello(answer);
    // One at a time, in the order they were written: the first one brings the token that the others belong to.
    for (const message of [...memory.waiting]) await pass(message);
  };

  socket.on("connect", () => {
    hears.line(true);
    hello();
  });
  socket.on("disconnect", () => {
    greeted = false;
    hears.line(false);
  });
  socket.on("connect_error", () => hears.line(false));
  socket.on("message", (message, ack) => {
    hears.message(message);
    ack?.({ id: message.id });
  });
  socket.on("state", hears.state);
  socket.on("typing", hears.typing);
  socket.on("online", (news) => hears.online(news?.online ?? news));

  return {
    /** Sends now, or as soon as the line is back. */
    send(message) {
      memory.queue(message);
      if (greeted) pass(message);
    },
    /** The address for an answer by mail. Returns the desk's answer; an `error` says what is wrong with it. */
    async email(address) {
      try {
        return (await socket.timeout(ACK_MS).emitWithAck("email", { address })) || {};
      } catch {
        return { error: "line" };
      }
    },
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
