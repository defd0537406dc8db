// What a pushed stream does here beyond Turbo's own actions: rows, items of a thread, messages taken back.

import { morphElements, StreamActions } from "@hotwired/turbo";
import { dayNumber } from "./times.js";

const FRESH_MS = 600;

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

/** A copy of one of the page's <template> pieces. */
export function piece(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** Brings what stands there to what has come, and leaves a folded or unfolded mail as its reader has it. */
function renew(old, fresh) {
  const [was, will] = [old.querySelector("details"), fresh.querySelector("details")];
  if (was && will) will.open = was.open;
  morphElements(old, fresh);
}

/** The line "Today, 21 November" where the last item is of an earlier day. */
function dayBreak(log, at) {
  const before = [...log.querySelectorAll("[data-at], [data-day]")].at(-1);
  const last = before?.dataset.at ?? before?.dataset.day;
  if (last && dayNumber(new Date(last)) >= dayNumber(new Date(at))) return;
  const line = piece("t-day");
  const day = new Date(dayNumber(new Date(at)) * 86_400_000).toISOString().slice(0, 10);
  line.dataset.day = day;
  line.querySelector("time").dateTime = day;
  log.append(line);
}

/** Puts a leg at the end: into the last one where it goes on on the same channel with the same address. */
function addLeg(log, leg, fresh) {
  const last = log.lastElementChild;
  if (last?.matches(".leg") && last.dataset.leg === leg.dataset.leg) last.append(...fresh);
  else {
    dayBreak(log, leg.dataset.at);
    log.append(leg);
  }
}

/** Takes one item (leg, note or event) into a thread; what is there already is renewed. Returns what is new. */
export function receive(log, item) {
  if (!item.matches(".leg")) {
    const old = item.id && document.getElementById(item.id);
    if (old) {
      renew(old, item);
      return [];
    }
    dayBreak(log, item.dataset.at ?? new Date().toISOString());
    log.append(item);
    return [item];
  }
  const fresh = [];
  for (const message of [...item.querySelectorAll(":scope > [id^='msg-']")]) {
    const old = document.getElementById(message.id);
    if (!old) fresh.push(message);
    else {
      message.remove();
      const leg = old.closest(".leg");
      if (leg && leg.dataset.leg === item.dataset.leg) renew(old, message);
      else old.replaceWith(message);
    }
  }
  if (fresh.length) addLeg(log, item, fresh);
  return fresh;
}

/** Registers the actions. */
export function startStreams() {
  StreamActions.row = function () {
    const row = this.templateContent.firstElementChild;
    if (row) tell("row:came", { row });
  };
  StreamActions.item = function () {
    const [log] = this.targetElements;
    const item = this.templateContent.firstElementChild;
    if (!log || !item) return;
    tell("item:coming", { log });
    tell("item:came", { log, fresh: receive(log, item) });
  };
  StreamActions.gone = function () {
    const key = this.getAttribute("target").replace(/^msg-/, "");
    for (const message of this.targetElements) {
      const leg = message.closest(".leg");
      message.remove();
      if (leg && !leg.querySelector("[id^='msg-']")) leg.remove();
    }
    tell("message:gone", { key });
  };
  // A macro's text, for its reader's composer only.
  StreamActions.insert = function () {
    tell("composer:insert", { ticket: Number(this.dataset.ticket), text: this.templateContent.textContent });
  };
  // A part that is asked for again, once for whatever happens in that time.
  StreamActions.fresh = function () {
    for (const frame of this.targetElements)
      frame.later ??= setTimeout(() => {
        frame.later = undefined;
        frame.reload();
      }, FRESH_MS);
  };
  // Messages came or went in the middle of the thread.
  StreamActions.again = () => tell("thread:again");
  StreamActions.went = function () {
    const [pane] = this.targetElements;
    const [words, label] = this.templateContent.children;
    if (pane)
      tell("ticket:went", { pane, href: this.dataset.href, words: words.textContent, label: label.textContent });
  };
  // Who else is here is known to this browser only; a renewed head must not wipe it.
  document.addEventListener("turbo:before-morph-element", (event) => {
    if (event.target.matches?.("[data-viewers]")) event.preventDefault();
  });
}
