// What an answer looks like before the desk has confirmed it: the desk's own rendering takes its place by the same id.

import { piece, receive } from "./streams.js";

function fill(element, { key, text, files, agent }) {
  element.id = `msg-${key}`;
  element.querySelector("[data-text]").textContent = text;
  element.querySelector("[data-who]").textContent = agent;
  element.querySelector("time").dateTime = new Date().toISOString();
  const list = element.querySelector("[data-files]");
  for (const file of files) {
    const chip = piece("t-file");
    chip.querySelector("[data-name]").textContent = file.name;
    chip.querySelector("[data-drop]").remove();
    list.append(chip);
  }
  if (!text) element.querySelector(".bub")?.remove();
  if (!files.length) list.remove();
  return element;
}

/** Shows `{key, kind, text, files, agent, choice}` at the end of the log. */
export function showPending(log, message) {
  document.dispatchEvent(new CustomEvent("item:coming", { detail: { log } }));
  let item;
  if (message.kind === "note") {
    item = fill(piece("t-pending-note"), message);
    item.dataset.at = new Date().toISOString();
  } else {
    const { kind, kindWord, label, channel, address } = message.choice;
    item = piece("t-leg");
    item.dataset.ch = kind;
    item.dataset.at = new Date().toISOString();
    item.dataset.leg = `${channel}|${address}`;
    const mark = document.querySelector(`#channel-menu [aria-pressed="true"] .ch`)?.cloneNode(true);
    if (mark) item.querySelector(".ch").replaceWith(mark);
    item.querySelector("[data-kind]").textContent = kindWord;
    item.querySelector("[data-label]").textContent = label;
    item.append(fill(piece("t-pending"), message));
  }
  const fresh = receive(log, item);
  document.dispatchEvent(new CustomEvent("item:came", { detail: { log, fresh } }));
  log.scrollTop = log.scrollHeight;
}
