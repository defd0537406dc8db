// Every action by name, for keys and palette. Most are a control of the page: running one is pressing it.

import { undoLast } from "./outbox.js";

/** A letter after the key for going goes somewhere. Which key runs what is everybody's own: the page brings it. */
export const GO = { i: "go-i", m: "go-m", u: "go-u", a: "go-a", b: "go-b", r: "go-r", s: "go-s" };

const shown = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

/** True in a menu for the ticked rows while none is ticked. */
const idle = (element) => element.closest("[data-bulk]") && !document.querySelector("#list[data-picked]");

/** The control behind a name: a visible one first, for some actions have two. */
function control(name) {
  const found = [...document.querySelectorAll(`[data-run~="${name}"]`)].filter((element) => !idle(element));
  return found.find(shown) ?? found[0];
}

function tell(name) {
  return () => document.dispatchEvent(new CustomEvent(`command:${name}`));
}

const own = {
  undo: () => undoLast() || (control("bulk-undo") ?? control("move-undo"))?.click(),
  down: tell("down"),
  up: tell("up"),
  select: tell("select"),
  search: tell("search"),
  customer: tell("customer"),
  theme: tell("theme"),
  resolve: () => (control("resolve") ?? control("reopen"))?.click(),
  next: tell("next"),
};

/** True where `name` can be run now: a key that does nothing is not offered. */
export function can(name) {
  if (name === "next") return Boolean(document.getElementById("take-next"));
  if (name === "customer") return Boolean(document.getElementById("details"));
  return (name in own && name !== "resolve") || Boolean(control(name));
}

/** Runs it. False where the page has no such control now. */
export function run(name) {
  if (name in own) {
    own[name]();
    return true;
  }
  const element = control(name);
  element?.click();
  return Boolean(element);
}
