// A word in the corner, with one thing to do about it.

import { piece } from "./streams.js";

/** Shows `words`; `act` is `{label, run, name}`, where `name` is the action of a key. It goes after `ms`, later while pointed at. Returns a way to take it back. */
export function toast(words, { act = null, ms = 5000, bad = false } = {}) {
  const place = document.getElementById("toasts");
  if (!place) return () => {};
  const element = piece("t-toast");
  element.querySelector("[data-words]").textContent = words;
  element.dataset.toastMsValue = String(ms);
  element.classList.toggle("bad-toast", bad);
  const button = element.querySelector("[data-act]");
  if (act) {
    button.hidden = false;
    button.textContent = act.label;
    if (act.name) button.dataset.run = act.name;
    button.addEventListener("click", () => {
      element.remove();
      act.run();
    });
  }
  place.append(element);
  return () => element.remove();
}
