// What a figure means, beside it: while the pointer rests on it, while the keys stand on it, and where its sign is
// pressed. The pointer may go into the pane; Escape and a press elsewhere close it, as the browser does for a popover.

import { place } from "./place.js";

const REST = 300;

/** Follows the pointer and the focus over a page of figures; gives what ends it. */
export function follow(page) {
  let timer;
  let shown = null; // what rests here opened, and may close again
  const name = (mark) => mark.dataset.explain || mark.getAttribute("popovertarget");
  const pane = (mark) => document.getElementById(name(mark));
  const later = (run) => {
    clearTimeout(timer);
    timer = setTimeout(run, REST);
  };
  const hide = () => {
    if (shown?.matches(":popover-open")) shown.hidePopover();
    shown = null;
  };
  const show = (mark) => {
    clearTimeout(timer);
    const found = pane(mark);
    if (!found || found.matches(":popover-open")) return;
    found.querySelector("[data-n]").textContent = mark.dataset.n || "";
    found.showPopover();
    shown = found;
    place(found, mark, "bottom");
  };
  const over = ({ target, pointerType }) => {
    if (pointerType === "touch") return;
    const mark = target.closest?.("[data-explain]");
    if (mark) later(() => show(mark));
    else if (shown?.contains(target)) clearTimeout(timer);
    else later(hide);
  };
  const away = () => later(hide);
  const focus = ({ target }) => {
    if (target.matches("[data-explain]:focus-visible")) show(target);
  };
  const blur = ({ target }) => {
    if (target.matches("[data-explain]")) hide();
  };
  const press = (event) => {
    const mark = event.target.closest("button[data-explain]");
    if (!mark) return;
    event.preventDefault(); // the browser would close what resting has opened
    const open = pane(mark).matches(":popover-open") && shown !== pane(mark);
    if (open) return pane(mark).hidePopover();
    show(mark);
    shown = null; // it stays until it is closed
  };
  const all = { pointerover: over, pointerleave: away, focusin: focus, focusout: blur, click: press };
  for (const [kind, run] of Object.entries(all)) page.addEventListener(kind, run);
  return () => {
    clearTimeout(timer);
    hide();
    for (const [kind, run] of Object.entries(all)) page.removeEventListener(kind, run);
  };
}
