// Single keys where no field has the focus, Ctrl K everywhere; one setting turns the single ones off (WCAG 2.1.4).

import { Controller } from "@hotwired/stimulus";
import { GO, run } from "../lib/commands.js";

// A push that is being drawn gives the focus back to where it was when it began, a frame later: the next key would go
// into the field that was just left, and a note to the customer.
const LEFT_MS = 100;
const FIELDS = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

export default class extends Controller {
  connect() {
    const own = Object.entries(JSON.parse(this.element.dataset.keys || "{}"));
    this.keys = { ArrowDown: "down", ArrowUp: "up", ...Object.fromEntries(own.map(([name, key]) => [key, name])) };
    this.pressed = (event) => this.press(event);
    document.addEventListener("keydown", this.pressed);
    this.came = ({ target }) => target === this.leaving && target.blur();
    document.addEventListener("focusin", this.came);
    this.chosen = () => this.stay();
    document.addEventListener("pointerdown", this.chosen);
    this.searched = () => this.search();
    document.addEventListener("command:search", this.searched);
    this.going = 0;
  }

  disconnect() {
    document.removeEventListener("keydown", this.pressed);
    document.removeEventListener("focusin", this.came);
    document.removeEventListener("pointerdown", this.chosen);
    document.removeEventListener("command:search", this.searched);
  }

  search() {
    const field = document.querySelector("[data-search-field]");
    if (field) field.select();
    else run("palette");
  }

  press(event) {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) document.getElementById("palette")?.showModal();
      return;
    }
    if (event.key === "Escape" && event.target.matches(FIELDS) && !event.target.closest("dialog"))
      this.leave(event.target);
    if (event.key === "Tab") this.stay();
    if (this.deaf(event)) return;
    if (Date.now() - this.going < 1000 && GO[event.key]) {
      event.preventDefault();
      this.going = 0;
      run(GO[event.key]);
      return;
    }
    const name = this.keys[event.key];
    this.going = name === "go" ? Date.now() : 0;
    if (!name || (event.key.startsWith("Arrow") && !event.target.closest("#list"))) return;
    event.preventDefault();
    const { leaving } = this;
    this.leaving = null; // what it runs may go there
    run(name);
    if (document.activeElement !== leaving) this.leaving = leaving;
  }

  /** Out of a field, which only somebody's own doing brings the focus back to for a moment. */
  leave(field) {
    this.leaving = field;
    field.blur();
    clearTimeout(this.left);
    this.left = setTimeout(() => this.stay(), LEFT_MS);
  }

  stay() {
    this.leaving = null;
  }

  deaf(event) {
    return (
      event.defaultPrevented ||
      event.isComposing ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      this.element.dataset.singleKeys === "off" ||
      event.target.matches(FIELDS) ||
      Boolean(document.querySelector("dialog[open], [popover]:popover-open"))
    );
  }
}
