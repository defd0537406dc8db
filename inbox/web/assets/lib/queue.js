// Pushed HTML waits here for the next frame; a later change of the same thing replaces an earlier one.

import { renderStreamMessage } from "@hotwired/turbo";

const BUDGET_MS = 8;
const waiting = new Map();
let asked = false;
let count = 0;
let each = 1; // what a stream has cost of late, in ms

/** What a stream is about: two with the same answer need only the later one. Items of a thread are never merged. */
function about(stream) {
  const action = stream.getAttribute("action");
  const target = stream.getAttribute("target") ?? stream.getAttribute("targets");
  const merges = ["replace", "update", "row"].includes(action);
  return merges ? `${action} ${target}` : `${action} ${target} ${++count}`;
}

/** Turbo does a stream's work in the frame after, that of all together: so many as fit are handed to it. */
function drain() {
  asked = false;
  let room = Math.max(1, BUDGET_MS / each);
  for (const [key, html] of waiting) {
    if (room < 1) return next();
    room -= 1;
    waiting.delete(key);
    renderStreamMessage(html);
  }
}

document.addEventListener("turbo:before-stream-render", ({ detail }) => {
  const { render } = detail;
  detail.render = (stream) => {
    const start = performance.now();
    const done = render(stream);
    each += (performance.now() - start - each) / 8;
    return done;
  };
});

/** A hidden tab has no frames, so there a timer takes their place. */
function next() {
  if (asked) return;
  asked = true;
  if (document.hidden) setTimeout(drain, 50);
  else requestAnimationFrame(drain);
}

/** Takes one or more <turbo-stream> as HTML. A row that no list shows is dropped by its action, not here. */
export function enqueue(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  for (const stream of holder.content.querySelectorAll("turbo-stream")) {
    const key = about(stream);
    waiting.delete(key);
    waiting.set(key, stream.outerHTML);
  }
  if (waiting.size) next();
}
