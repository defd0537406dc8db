// Answers on their way to the desk: shown at once, sent once, kept while the line is down, given back when refused.

import { renderStreamMessage } from "@hotwired/turbo";
import { giveBack } from "./drafts.js";
import { refetch } from "./refetch.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const STREAM = "text/vnd.turbo-stream.html";
const AGAIN_MS = 4000;
const waiting = new Map();
const sent = new Map();
let timer = 0;

/** How many answers wait for the line. */
export function queued() {
  return [...waiting.values()].filter((entry) => entry.stuck).length;
}

function changed() {
  document.dispatchEvent(new CustomEvent("outbox:changed", { detail: { queued: queued() } }));
}

function back(entry) {
  document.getElementById(`msg-${entry.key}`)?.remove();
  giveBack(entry.ticket, entry.mode, entry.text, entry.files);
}

/** The desk holds the message for some seconds: says so, with the way back. */
function offerUndo(entry) {
  const form = document.querySelector(`[data-held="${CSS.escape(entry.key)}"]`);
  const left = form ? Number(form.dataset.until) * 1000 - Date.now() : 0;
  if (left < 500) return;
  const words = say("leaves_in", { channel: entry.channel, name: entry.name, n: Math.round(left / 1000) });
  toast(words, { ms: left, act: { label: say("undo"), run: () => form.requestSubmit() } });
  setTimeout(() => form.remove(), left);
}

async function answered(entry, response) {
  const streams = response.headers.get("Content-Type")?.startsWith(STREAM) ?? false;
  const body = await response.text();
  waiting.delete(entry.key);
  if (response.ok) {
    sent.set(entry.key, entry);
    for (const file of entry.files) file.left = true; // with the message: taken back, it is sent ahead anew
    if (streams) renderStreamMessage(body);
    else await refetch();
    requestAnimationFrame(() => requestAnimationFrame(() => offerUndo(entry)));
    return;
  }
  back(entry);
  if (streams) renderStreamMessage(body);
  else toast(say("refused"), { bad: true });
}

async function attempt(entry) {
  entry.busy = true;
  try {
    const response = await fetch(entry.url, {
      method: "POST",
      body: entry.body,
      headers: { Accept: `${STREAM}, text/html;q=0.5` },
      credentials: "same-origin",
    });
    if (response.status >= 500 || response.status === 429) throw new Error(`status ${response.status}`);
    await answered(entry, response);
  } catch {
    entry.stuck = true;
    clearTimeout(timer);
    timer = setTimeout(flush, AGAIN_MS);
  } finally {
    entry.busy = false;
    changed();
  }
}

/** Tries everything that waits again, in order. The desk knows each by its key, so twice is once. */
export async function flush() {
  for (const entry of [...waiting.values()]) if (!entry.busy) await attempt(entry);
}

/** Sends `{key, url, body, ticket, mode, text, files, channel, name}`. */
export function send(entry) {
  waiting.set(entry.key, entry);
  return attempt(entry);
}

/** True for an answer written in this browser. */
export function isMine(key) {
  return waiting.has(key) || sent.has(key);
}

/** Takes the latest answer back that has not left. False where there is none. */
export function undoLast() {
  const form = [...document.querySelectorAll("form[data-held]")].filter((each) => isMine(each.dataset.held)).at(-1);
  form?.requestSubmit();
  return Boolean(form);
}

/** Listens for the line and for answers taken back. */
export function startOutbox() {
  document.addEventListener("live:joined", flush);
  addEventListener("online", flush);
  addEventListener("beforeunload", (event) => {
    if (queued()) event.preventDefault();
  });
  document.addEventListener("message:gone", ({ detail: { key } }) => {
    const entry = sent.get(key);
    sent.delete(key);
    if (entry) giveBack(entry.ticket, entry.mode, entry.text, entry.files);
  });
}
