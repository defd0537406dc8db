// The bar over the list while rows are ticked. Its menus stand elsewhere on the page and get the ids when they are sent.

import { Controller } from "@hotwired/stimulus";
import { locale, say } from "../lib/words.js";

const run = (name) => document.dispatchEvent(new CustomEvent(`command:${name}`));

export default class extends Controller {
  static targets = ["count", "all", "whole"];

  connect() {
    this.chosen = new Set(this.boxes.filter((box) => box.checked).map((box) => box.value));
    this.sending = (event) => this.fill(event.target);
    document.addEventListener("submit", this.sending, true);
    this.sent = (event) => {
      if (event.target.matches("[data-bulk], #bulk") && event.detail.success) this.clear();
    };
    document.addEventListener("turbo:submit-end", this.sent);
    this.count();
  }

  disconnect() {
    document.removeEventListener("submit", this.sending, true);
    document.removeEventListener("turbo:submit-end", this.sent);
  }

  get boxes() {
    return [...this.element.querySelectorAll(".chk .check")];
  }

  /** The tickets of the list, in order, whatever of it is in the page. */
  get tickets() {
    const list = this.application.getControllerForElementAndIdentifier(this.element, "list");
    return list.places.all.map((row) => row.dataset.ticket);
  }

  fill(form) {
    if (!form.matches("[data-bulk], #bulk")) return;
    for (const old of form.querySelectorAll('[type=hidden]:is([name="ids"], [name="whole"])')) old.remove();
    const add = (name, value) =>
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    if (this.everything) return add("whole", "yes");
    const sent = form.matches("#bulk") ? this.boxes.map((box) => box.value) : []; // by itself, where it is ticked
    for (const ticket of this.chosen) if (!sent.includes(ticket)) add("ids", ticket);
  }

  pick({ target }) {
    if (target.matches(".chk .check")) this.tick([target.value], target.checked);
  }

  count() {
    const { size } = this.chosen;
    const all = size > 0 && this.tickets.every((ticket) => this.chosen.has(ticket));
    if (!all) this.everything = 0;
    this.element.toggleAttribute("data-picked", size > 0);
    this.countTarget.textContent = say("selected", { n: (this.everything || size).toLocaleString(locale()) });
    this.allTarget.checked = size > 0;
    this.allTarget.indeterminate = size > 0 && !all;
    this.wholeTarget.hidden = !all || Boolean(this.everything) || !document.querySelector("#list .more [data-rows]");
  }

  all() {
    this.tick(this.tickets, this.allTarget.checked);
  }

  clear() {
    this.tick([...this.chosen], false);
  }

  tick(tickets, on) {
    for (const ticket of tickets) this.chosen[on ? "add" : "delete"](ticket);
    for (const box of this.boxes) box.checked = this.chosen.has(box.value);
    this.count();
  }

  /** All of the view, whatever of it is loaded: the desk says how many that are. */
  async whole() {
    const answer = await fetch(this.wholeTarget.dataset.url).catch(() => null);
    this.everything = answer?.ok ? Number(await answer.text()) : 0;
    this.count();
  }

  /** With the shift key: everything from the row ticked before. */
  range({ target, shiftKey }) {
    if (!target.matches(".chk .check")) return;
    const { tickets } = this;
    const [from, to] = [tickets.indexOf(this.last), tickets.indexOf(target.value)];
    this.last = target.value;
    if (shiftKey && from >= 0) this.tick(tickets.slice(Math.min(from, to), Math.max(from, to) + 1), target.checked);
  }

  key(event) {
    if (event.target.matches("input:not([type=checkbox]), select")) return;
    const step = { ArrowDown: "down", ArrowUp: "up" }[event.key];
    const here = () => [document.activeElement.closest(".conv")?.dataset.ticket].filter(Boolean);
    if (event.shiftKey && step) {
      this.tick(here(), true);
      run(step);
      this.tick(here(), true);
    } else if ((event.ctrlKey || event.metaKey) && event.key === "a") this.tick(this.tickets, true);
    else if (event.key === "Escape" && this.chosen.size) this.clear();
    else return;
    event.preventDefault();
  }
}
