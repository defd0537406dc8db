// The chat in the iframe: one visitor's talk with the desk, live both ways, the same after a reload or a lost line.

import "./widget.css";
import { readable } from "./colour.js";
import { hostPage } from "./host.js";
import { openLine } from "./line.js";
import { memoryOf } from "./memory.js";
import { chatView } from "./view.js";

const by = (id) => document.getElementById(id);
const { site, colour, theme } = document.body.dataset;
const words = JSON.parse(by("words").textContent);
const memory = memoryOf(site);

document.documentElement.style.setProperty("--brand", readable(colour));
document.documentElement.dataset.theme =
  theme === "auto" ? (matchMedia("(prefers-color-scheme:dark)").matches ? "dark" : "light") : theme;

const written = new Map();
let page = { url: document.referrer, title: "" };
let open = false;
let online = document.body.dataset.online === "1";
let lastId = null;
let lastDesk = null;
let unread = 0;
let wrote = Boolean(memory.token);

const view = chatView({ words, lang: document.documentElement.lang, retry: (clientId) => send(written.get(clientId)) });
const field = by("text");

const tell = hostPage({
  open() {
    open = true;
    seen();
    field.focus();
  },
  closed() {
    open = false;
  },
  page(now) {
    page = now;
  },
});

const looking = () => open && document.visibilityState === "visible";

function seen() {
  if (!looking()) return;
  if (lastDesk && unread) line.read(lastDesk);
  unread = 0;
  tell("unread", { count: 0 });
}

const take = (message, fresh) => {
  const isNew = view.put(message);
  if (message.id) lastId = message.id;
  if (message.from !== "desk") return;
  view.typing(false);
  view.presence(online, message.name);
  lastDesk = message.id;
  if (!isNew || !fresh) return;
  unread += 1;
  if (looking()) seen();
  else tell("unread", { count: unread });
};

const askWhereNeeded = () => view.askEmail(wrote && !online && !memory.email);

const line = openLine({
  site,
  memory,
  last: () => lastId,
  hears: {
    hello(answer) {
      online = Boolean(answer.online);
      wrote = Boolean(memory.token) || memory.waiting.length > 0;
      view.presence(online);
      const first = lastId === null;
      for (const message of answer.messages || []) take(message, !first);
      askWhereNeeded();
    },
    message: (message) => take(message, true),
    state: ({ client_id: clientId, state }) => view.state(clientId, state),
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
      if (answer.id && lastId === null) lastId = answer.id;
      wrote = true;
      tell("begun");
      askWhereNeeded();
    },
    refused(clientId) {
      view.state(clientId, "failed");
    },
  },
});

function send(message) {
  written.set(message.client_id, message);
  view.put({ ...message, state: "pending" });
  line.send({
    client_id: message.client_id,
    text: message.text,
    page_url: page.url || "",
    page_title: page.title || "",
  });
}

// What was written before a reload and has not left yet stands in the log as well.
for (const each of memory.waiting) {
  const message = { ...each, from: "you", at: each.at || new Date().toISOString() };
  written.set(message.client_id, message);
  view.put({ ...message, state: "pending" });
}

/** A key of its own for each message; `randomUUID` is missing where the desk is reached without HTTPS. */
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

const grow = () => {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 120)}px`;
  by("go").setAttribute("aria-disabled", String(!field.value.trim()));
};

by("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value.trim();
  if (!text) return;
  send({ client_id: newId(), text, from: "you", at: new Date().toISOString() });
  field.value = "";
  grow();
  field.focus();
});
field.addEventListener("input", () => {
  grow();
  if (field.value) line.typing();
});
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  by("form").requestSubmit();
});

by("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const box = by("email");
  const address = box.value.trim();
  const fail = (text) => {
    by("email-error").textContent = text;
    by("email-error").hidden = !text;
    box.setAttribute("aria-invalid", String(Boolean(text)));
    if (text) box.focus();
  };
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address)) {
    fail(words.email_wrong);
    return;
  }
  const answer = await line.email(address);
  if (answer.error) {
    fail(answer.error === "line" ? words.email_line : words.email_wrong);
    return;
  }
  fail("");
  memory.keepEmail();
  view.thanks(address);
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape") tell("close");
});
by("close").addEventListener("click", () => tell("close"));
document.addEventListener("visibilitychange", seen);
view.presence(online);
grow();
