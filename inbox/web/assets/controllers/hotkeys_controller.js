// Single keys where no field has the focus, Ctrl K everywhere; one setting turns the single ones off (WCAG 2.1.4).

import { Controller } from "@hotwired/stimulus";
import { GO, run } from "../lib/commands.js";

const FIELDS = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

export default class extends Controller {
  connect() {
    const own = Object.entries(JSON.parse(this.element.dataset.keys || "{}"));
    this.keys = { ArrowDown: "down", ArrowUp: "up", ...Object.fromEntries(own.map(([name, key]) => [key, name])) };
    this.pressed = (event) => this.press(event);
    document.addEventListener("keydown", this.pressed);
    this.searched = () => this.search();
    document.addEventListener("command:search", this.searched);
    this.going = 0;
  }

  disconnect() {
    document.removeEventListener("keydown", this.pressed);
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
    if (event.key === "Escape" && event.target.matches(FIELDS) && !event.target.closest("dialog")) event.target.blur();
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
    run(name);
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
