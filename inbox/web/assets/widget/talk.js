// The course of the talk: what is written, what comes, what has been seen, and when to ask for an address.

import { entered, prefill } from "./gate.js";
import { openLine } from "./line.js";
import { chatView } from "./view.js";
import { startWishes } from "./wishes.js";

/** A key of its own for each message; `randomUUID` is missing where the desk is reached without HTTPS. */
const newId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

/**
 * Starts the talk. `state` says whether the chat stands open and on which page; `ask` when to ask for an address
 * (`offline`, `always`, `never`). Returns what the forms and the page around may do with it.
 */
export const startTalk = ({ site, memory, words, ask, online: there, state, tell }) => {
  const written = new Map();
  let online = there;
  let greeted = false;
  let wrote = Boolean(memory.token);
  let newest = 0;
  let unread = 0;
  let identified = false;
  let user = "";

  const view = chatView({
    words,
    lang: document.documentElement.lang,
    retry: (clientId) => send(written.get(clientId)),
  });

  const seen = () => {
    if (!state.open || document.visibilityState !== "visible") return;
    if (newest && unread) line.read(newest);
    unread = 0;
    tell("unread", { count: 0 });
  };

  const offer = (replies) => {
    view.quick(replies, (text) => {
      write(text);
      document.getElementById("text").focus();
    });
  };

  const take = (message, fresh, many = false) => {
    const isNew = view.put(message, many);
    offer(message.quick || []);
    if (message.from !== "desk") return;
    view.typing(false);
    view.presence(online, message.name);
    newest = Math.max(newest, message.id);
    if (!isNew || !fresh) return;
    unread += 1;
    tell("unread", { count: unread });
    tell("message", { message: { from: "desk", name: message.name, text: message.text, at: message.at } });
    seen();
  };

  const askWhereNeeded = () =>
    view.askEmail(wrote && !memory.email && (ask === "always" || (ask === "offline" && !online)));

  /** Tells the desk who is signed in on the page, and shows what they wrote elsewhere. */
  const identify = async () => {
    const who = state.identity;
    if (who === undefined) return;
    if (!who) {
      if (memory.user) anew();
      return;
    }
    const token = memory.anyToken();
    const answer = await line.identify(who, token);
    if (!answer) return;
    if (answer.error === "conflict") {
      anew();
      await identify();
    } else if (answer.error) {
      console.error(`Sportello: identify() was refused. ${answer.detail || answer.error}`);
    } else {
      user = who.user_id;
      prefill(answer);
      if (answer.kept && (memory.token !== token || !identified)) {
        memory.keepToken(token);
        memory.keepUser(user);
        identified = true;
        await line.hello();
      }
    }
  };

  const anew = () => {
    memory.forget();
    user = "";
    identified = false;
    newest = unread = 0;
    written.clear();
    view.empty();
    tell("unread", { count: 0 });
    line.hello();
  };

  const line = openLine({
    site,
    memory,
    hears: {
      hello(answer) {
        online = Boolean(answer.online);
        wrote = Boolean(memory.token) || memory.waiting.length > 0;
        if (answer.messages?.length) {
          memory.enter();
          entered();
          wishes.talked();
        }
        view.presence(online);
        for (const message of answer.messages || []) take(message, greeted || message.state !== "read", true);
        view.settled(answer.messages || []);
        greeted = true;
        line.page(state.page);
        if (!identified) identify();
        askWhereNeeded();
      },
      message: (message) => take(message, true),
      rate: (survey) => wishes.rate(survey),
      state: ({ client_id: clientId, state: value }) => view.state(clientId, value),
      typing: () => view.typing(true),
      online(now) {
        online = Boolean(now);
        view.presence(online);
        askWhereNeeded();
      },
      line: (up) => view.line(up),
      sent(clientId, answer) {
        if (answer.id) view.put({ ...written.get(clientId), id: answer.id, state: answer.state || "sent" });
        else view.state(clientId, "sent");
        wrote = true;
        wishes.talked(true);
        memory.keepUser(user);
        if (state.before.email) memory.keepEmail();
        askWhereNeeded();
      },
      refused: (clientId) => view.state(clientId, "failed"),
    },
  });

  const wishes = startWishes({ line, words, view });

  const send = (message) => {
    written.set(message.client_id, message);
    view.put({ ...message, state: "pending" });
    offer([]);
    const { client_id, text, at, attachments = [] } = message;
    const page = { page_url: state.page.url || "", page_title: state.page.title || "" };
    const who = { ...state.before, consent: Boolean(memory.consent), language: document.documentElement.lang };
    const names = attachments.map(({ name, content_type }) => ({ name, content_type }));
    line.send({ client_id, text, at, files: attachments.map(({ id }) => id), attachments: names, ...page, ...who });
  };

  const write = (text, attachments = []) => {
    tell("begun");
    tell("message", { message: { from: "visitor", text, at: new Date().toISOString() } });
    send({ client_id: newId(), text, attachments, from: "you", at: new Date().toISOString() });
  };

  // What was written before a reload and has not left yet stands in the log as well.
  for (const each of memory.waiting) {
    const message = { ...each, from: "you" };
    written.set(message.client_id, message);
    view.put({ ...message, state: "pending" });
  }
  view.presence(online);
  if (!wrote && !memory.waiting.length) offer(words.quick);

  return {
    seen,
    page: () => line.page(state.page),
    identify() {
      identified = false;
      identify();
    },
    typing: () => line.typing(),
    write,
    /** Leaves an address. Returns `"line"` or `"wrong"` where that did not work, "" where it did. */
    async leave(address) {
      const answer = await line.email(address);
      if (answer.error) return answer.error === "line" ? "line" : "wrong";
      memory.keepEmail();
      view.thanks(address);
      return "";
    },
  };
};
