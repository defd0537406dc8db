// A menu is a popover: placed beside what opened it, driven by arrows, letters and digits, marked with what holds now.

import { Controller } from "@hotwired/stimulus";
import { place } from "../lib/place.js";
import { piece } from "../lib/streams.js";

const openers = new Map();

document.addEventListener(
  "click",
  (event) => {
    const opener = event.target.closest?.("[popovertarget]");
    if (!opener) return;
    const outer = opener.closest("[popover]");
    openers.set(opener.getAttribute("popovertarget"), (outer && openers.get(outer.id)) || opener);
  },
  true,
);

export default class extends Controller {
  static targets = ["filter", "tags"];
  static values = { side: { type: String, default: "bottom-end" } };

  connect() {
    this.open = false;
    this.element.addEventListener("beforetoggle", ({ newState }) => {
      if (newState !== "open") return;
      this.mark();
      queueMicrotask(() => this.toggled());
    });
    this.element.addEventListener("toggle", () => this.toggled());
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("submit", () => this.close());
    this.element.addEventListener("click", (event) => this.clicked(event));
    this.closed = () => this.close();
    document.addEventListener("turbo:before-cache", this.closed);
  }

  disconnect() {
    document.removeEventListener("turbo:before-cache", this.closed);
  }

  close() {
    if (this.element.matches(":popover-open")) this.element.hidePopover();
  }

  /** Opened by something that is no popover button: the placing and the way back are the same. */
  openFrom(anchor) {
    openers.set(this.element.id, anchor);
    this.element.showPopover();
  }

  get items() {
    return [...this.element.querySelectorAll(".menu-i")].filter(
      (item) => item.checkVisibility?.() ?? item.offsetParent,
    );
  }

  /** The event comes a moment after the fact; a key pressed in between must find the menu, so this runs at once too. */
  toggled() {
    const open = this.element.matches(":popover-open");
    if (open === this.open) return;
    this.open = open;
    const opener = openers.get(this.element.id);
    opener?.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const anchor = opener?.isConnected && opener.checkVisibility?.() !== false ? opener : document.activeElement;
    const current = this.items.find((item) => item.ariaPressed === "true");
    const first = this.hasFilterTarget ? this.filterTarget : (current ?? this.items[0]);
    first?.focus({ preventScroll: true });
    place(this.element, anchor, this.sideValue);
    first?.scrollIntoView({ block: "nearest" });
  }

  /** What holds now stands in the ticket's head, which the desk keeps fresh; the menu itself may be older. */
  mark() {
    for (const filter of this.filterTargets) filter.value = "";
    this.sift();
    const kind = this.element.dataset.menuCurrent;
    const head = document.getElementById(this.element.closest("[data-head]")?.dataset.head)?.dataset;
    if (!kind || !head) return;
    const now = {
      assign: () => [`agent:${head.agent}`, `team:${head.team}`],
      priority: () => [head.priority],
      reason: () => [head.reason],
      tags: () => JSON.parse(head.tags || "[]"),
    }[kind]();
    if (this.hasTagsTarget) this.addTags(now);
    for (const item of this.element.querySelectorAll("[data-menu-value]")) {
      item.ariaPressed = String(now.includes(item.dataset.menuValue));
    }
  }

  /** A tag that somebody has just invented is on the ticket before it is in the list. */
  addTags(tags) {
    const known = [...this.tagsTarget.querySelectorAll("[data-menu-value]")].map((item) => item.dataset.menuValue);
    for (const tag of tags.filter((each) => !known.includes(each))) {
      const item = piece("t-tag");
      item.value = tag;
      item.dataset.menuValue = tag;
      item.querySelector(".grow").textContent = tag;
      this.tagsTarget.append(item);
    }
  }

  clicked(event) {
    const item = event.target.closest(".menu-i");
    if (!item || item.ariaDisabled === "true") return;
    if (item.type === "button" && !item.hasAttribute("popovertarget")) this.close();
    if (item.matches("a")) this.close();
  }

  key(event) {
    if (event.target.closest("[data-plain]") && event.key !== "Escape") return event.stopPropagation();
    const items = this.items;
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key];
    const writing = event.target.matches("input");
    if (to !== undefined && !(writing && ["Home", "End"].includes(event.key))) {
      event.preventDefault();
      items.at(to % items.length)?.focus();
    } else if (/^\d$/.test(event.key) && !(writing && event.target.value) && this.digit(event.key)) {
      event.preventDefault();
      this.digit(event.key).click();
    } else if (event.key === "Enter" && this.sifting(event.target)) {
      event.preventDefault(); // or the browser presses the form's first button, which may be a hidden one
      if (event.target.value.trim()) items[0]?.click();
    } else if (!writing && event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      const letter = event.key.toLowerCase();
      const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
      after.find((item) => item.textContent.trim().toLowerCase().startsWith(letter))?.focus();
      event.preventDefault();
    }
    event.stopPropagation();
  }

  digit(key) {
    return this.element.querySelector(`[data-digit="${key}"]`);
  }

  /** True for a field that only narrows the menu: one with a name says something of its own. */
  sifting(field) {
    return this.hasFilterTarget && field === this.filterTarget && !field.name;
  }

  /** Leaves only what holds the words of the filter, and marks what Enter would press. */
  sift() {
    if (!this.hasFilterTarget) return;
    const words = this.filterTarget.value.trim().toLowerCase();
    let first = words && this.sifting(this.filterTarget);
    for (const item of this.element.querySelectorAll(".menu-i")) {
      item.hidden = words !== "" && !item.textContent.toLowerCase().includes(words);
      item.classList.toggle("on", Boolean(first) && !item.hidden);
      if (!item.hidden) first = false;
    }
  }

  /** A tag that is on the ticket is taken off. */
  tag(event) {
    const { submitter, currentTarget } = event;
    const on = submitter?.ariaPressed === "true";
    currentTarget.querySelector('[name="op"]').value = on ? "remove" : "add";
  }
}
