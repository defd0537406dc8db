// The one script a site embeds: a launcher in a closed shadow root, and the chat's iframe once it is first opened.
//
// <script async src="https://desk.example/widget.js" data-site="ID" data-color="#7a4a22" data-lang="it"></script>
//
// Nothing is stored before the visitor's first message. After it, this tab remembers whether the chat stands open, so
// that the answer finds the visitor on the next page of the site too.

import { readable } from "./colour.js";

const WORDS = {
  en: ["Open chat", "Close chat", "new", "Dismiss"],
  it: ["Apri la chat", "Chiudi la chat", "nuovi", "Nascondi"],
};
const ICON = {
  chat: "M21 11.5a8.4 8.4 0 0 1-12.3 7.4L3 21l2.1-5.7A8.4 8.4 0 1 1 21 11.5Z",
  down: "m6 9 6 6 6-6",
};
const script = document.currentScript;
const { site, color, lang, theme } = script.dataset;
const desk = new URL(script.src).origin;
const key = `sportello:${site}`;
const small = matchMedia("(max-width:479px)");

let config;
let identity;
const hears = {};

let bubble;
let greeted;
let launcher;
let badge;
let path;
let frame;
let words;
let isOpen = false;
let seenAt;
let overflow = "";

/** This tab's memory: whether the chat stands open, and, where the browser gives a foreign iframe no memory of its own,
 * what the chat asks to be kept. Storage may be switched off altogether, then each page starts anew. */
const remembered = (value, name = key) => {
  try {
    if (value) sessionStorage.setItem(name, value);
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
};

const tell = (what, more) => frame?.contentWindow?.postMessage({ sportello: what, ...more }, desk);
const tellPage = () => {
  seenAt = `${location.href} ${document.title}`;
  tell("page", { url: location.href, title: document.title });
};

const makeFrame = () => {
  frame = document.createElement("iframe");
  frame.title = config.title;
  frame.allow = "clipboard-write";
  const query = new URLSearchParams({ lang: words === WORDS.it ? "it" : "en", theme: theme || "light" });
  if (color) query.set("color", color);
  frame.src = `${desk}/widget/${encodeURIComponent(site)}?${query}`;
  launcher.before(frame);
};

/** Opens or closes the chat. A page that finds it open from before leaves the focus where it is. */
const show = (open, quiet = false) => {
  if (!frame) makeFrame();
  if (open) bubble.replaceChildren();
  if (isOpen !== open) tellSite(open ? "open" : "close");
  isOpen = open;
  frame.hidden = !open;
  set(launcher, { "aria-expanded": open, "aria-label": words[open ? 1 : 0] });
  path.setAttribute("d", open ? ICON.down : ICON.chat);
  if (remembered()) remembered(open ? "open" : "closed");
  if (small.matches) {
    const root = document.documentElement.style;
    if (open) overflow = root.overflow;
    root.overflow = open ? "hidden" : overflow;
  }
  tellPage();
  if (open && greeted) tell("greet", { text: greeted });
  tell(open ? "open" : "closed", { quiet });
  if (quiet) return;
  if (open) frame.focus();
  else launcher.focus({ preventScroll: true });
};

const set = (node, attributes) => {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};

const svg = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);

const unread = (count) => {
  badge.hidden = !count;
  badge.textContent = count > 9 ? "9+" : count;
  if (!isOpen) set(launcher, { "aria-label": count ? `${words[0]}, ${count} ${words[2]}` : words[0] });
};

/** What the page asked to hear. An error of its own stays its own. */
const tellSite = (name, detail) => {
  for (const hear of hears[name] || []) {
    try {
      hear(detail);
    } catch (error) {
      console.error(error);
    }
  }
};

/** Shows a greeting beside the launcher; pressed, it opens the chat and stands first there. */
const greet = (text) => {
  const box = document.createElement("div");
  box.className = "g";
  const say = (word, press, label) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = word;
    if (label) set(button, { "aria-label": label });
    button.addEventListener("click", () => {
      bubble.replaceChildren();
      press();
    });
    box.append(button);
  };
  say(text, () => {
    greeted = text;
    show(true);
  });
  say("×", () => launcher.focus({ preventScroll: true }), words[3]);
  bubble.append(box);
};

/** Once for each visitor: the browser remembers it, so where consent is asked only those are greeted who gave it. */
const startGreeting = () => {
  const name = `${key}:greeted`;
  const store = () => {
    try {
      return window.localStorage;
    } catch {
      return null;
    }
  };
  if (!config.greetings || (config.consent && !remembered()) || !store() || store().getItem(name)) return;
  let page = location.href;
  let seconds = 0;
  const clock = setInterval(() => {
    seconds = page === location.href ? seconds + 1 : 0;
    page = location.href;
    const rule = config.greetings.find((each) => page.includes(each.part) && seconds >= each.after);
    if (isOpen || store().getItem(name)) clearInterval(clock);
    else if (rule && !document.hidden) {
      clearInterval(clock);
      store().setItem(name, "1");
      greet(rule.text);
    }
  }, 1000);
};

const draw = () => {
  const languages = config.languages || ["en"];
  const wanted = [lang, document.documentElement.lang, navigator.language, languages[0]];
  const chosen = wanted.map((each) => (each || "").slice(0, 2).toLowerCase()).find((each) => languages.includes(each));
  words = WORDS[chosen] || WORDS.en;

  const host = document.createElement("sportello-chat");
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(config.style);
  root.adoptedStyleSheets = [sheet];
  const left = config.position === "left";
  const look = {
    "--c": readable(color || config.colour),
    "--r": left ? "auto" : "24px",
    "--l": left ? "24px" : "auto",
  };
  for (const [name, value] of Object.entries(look)) host.style.setProperty(name, value);

  launcher = document.createElement("button");
  set(launcher, { class: "l", type: "button", "aria-haspopup": "dialog", "aria-expanded": false });
  path = set(svg("path"), { d: ICON.chat });
  const picture = set(svg("svg"), { viewBox: "0 0 24 24", "aria-hidden": true });
  picture.append(path);
  badge = set(document.createElement("b"), { "aria-hidden": true });
  launcher.append(picture, badge);
  bubble = set(document.createElement("div"), { role: "status" });
  root.append(bubble, launcher);
  unread(0);
  launcher.addEventListener("click", () => show(!isOpen));
  launcher.addEventListener("keydown", ({ key: pressed }) => {
    if (pressed === "Escape" && isOpen) show(false);
  });
  document.body.append(host);

  addEventListener("message", (event) => {
    if (event.origin !== desk || !frame || event.source !== frame.contentWindow) return;
    const said = event.data?.sportello;
    if (said === "ready") {
      tell("kept", { data: remembered(null, `${key}:kept`) });
      tellPage();
      if (greeted) tell("greet", { text: greeted });
      if (identity !== undefined) tell("identify", { who: identity });
      tell(isOpen ? "open" : "closed", { quiet: document.activeElement !== host });
    } else if (said === "close" && isOpen) show(false);
    else if (said === "unread") {
      unread(event.data.count);
      tellSite("unread", event.data.count);
    } else if (said === "message") tellSite("message", event.data.message);
    else if (said === "keep") remembered(event.data.data, `${key}:kept`);
    else if (said === "begun") remembered(isOpen ? "open" : "closed");
  });
  // A site that changes its page by script says so to nobody: its address and title are looked at.
  setInterval(() => frame && seenAt !== `${location.href} ${document.title}` && tellPage(), 2000);

  startGreeting();
  const before = remembered();
  if (before === "open" && !small.matches) show(true, true);
  else if (before) {
    makeFrame();
    frame.hidden = true;
  }
};

const start = async () => {
  if (document.querySelector("sportello-chat")) return;
  try {
    const answer = await fetch(`${desk}/widget/${encodeURIComponent(site)}/config`, { credentials: "omit" });
    if (!answer.ok) throw new Error(answer.status);
    config = await answer.json();
    draw();
  } catch (error) {
    console.warn(`Sportello chat stays hidden: ${desk} did not allow it for ${location.origin} (${error.message}).`);
  }
};

const drawn = new Promise((resolve) => {
  const go = () => start().then(resolve);
  if (document.body) go();
  else addEventListener("DOMContentLoaded", go);
});
const move = (open) => drawn.then(() => launcher && isOpen !== open && show(open));

// The one name on the page. What was called before this script came waits in `q`.
const waiting = window.sportello?.q || [];
const api = {
  open: () => move(true),
  close: () => move(false),
  /** Who is signed in on the site, with the signature of its server; `null` when they sign out. */
  identify(who) {
    identity = who && Object.fromEntries(Object.entries(who).map(([name, value]) => [name, String(value ?? "")]));
    tell("identify", { who: identity });
  },
  on(name, hear) {
    hears[name] = [...(hears[name] || []), hear];
  },
};
window.sportello = api;
for (const [name, ...rest] of waiting) api[name]?.(...rest);
