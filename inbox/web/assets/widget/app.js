// The chat in the iframe: one visitor's talk with the desk, live both ways, the same after a reload or a lost line.

import "./widget.css";
import { readable } from "./colour.js";
import { startFaces } from "./faces.js";
import { startForms } from "./forms.js";
import { consented, focusIn, startBefore } from "./gate.js";
import { hostPage } from "./host.js";
import { memoryOf } from "./memory.js";
import { startTalk } from "./talk.js";

const { site, colour, theme, ask, online, consent, mb } = document.body.dataset;
const words = JSON.parse(document.getElementById("words").textContent);
const root = document.documentElement;

root.style.setProperty("--brand", readable(colour));
root.dataset.theme = theme === "auto" ? (matchMedia("(prefers-color-scheme:dark)").matches ? "dark" : "light") : theme;

const state = { open: false, called: false, page: { url: document.referrer, title: "" }, before: {} };
let talk = null;

const host = hostPage({
  open(quiet) {
    state.open = true;
    state.called = !quiet;
    talk?.seen();
    if (!quiet) focusIn();
  },
  closed() {
    state.open = false;
  },
  identify(who) {
    state.identity = who;
    talk?.identify();
  },
  greet(text) {
    document.getElementById("greeting").textContent = text;
    document.getElementById("greeting").parentElement.hidden = false;
  },
  page(now) {
    state.page = now;
    talk?.page();
  },
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape") host.tell("close");
});
document.getElementById("close").addEventListener("click", () => host.tell("close"));
document.addEventListener("visibilitychange", () => talk?.seen());

const start = async () => {
  const memory = await memoryOf(site, host);
  await consented({ memory, text: consent, state, leave: () => host.tell("close") });
  startBefore({ memory, words, state });
  talk = startTalk({ site, memory, words, ask, online: online === "1", state, tell: host.tell });
  startFaces();
  startForms({ talk, words, site, memory, mb: Number(mb) });
  if (state.open && state.called) focusIn();
};
start();
