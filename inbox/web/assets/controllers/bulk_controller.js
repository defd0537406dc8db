// The bar over the list while rows are ticked. Its menus stand elsewhere on the page and get the ids when they are sent.

import { Controller } from "@hotwired/stimulus";
import { locale, say } from "../lib/words.js";

const run = (name) => document.dispatchEvent(new CustomEvent(`command:${name}`));

export default class extends Controller {
  static targets = ["count", "all", "whole"];

  connect() {
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

  fill(form) {
    if (!form.matches("[data-bulk], #bulk")) return;
    for (const old of form.querySelectorAll('[name="ids"], [name="whole"]')) old.remove();
    const add = (name, value) =>
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    if (this.everything) add("whole", "yes");
    else if (form.matches("[data-bulk]")) for (const box of this.boxes) if (box.checked) add("ids", box.value);
  }

  count() {
    const ticked = this.boxes.filter((box) => box.checked).length;
    const all = ticked > 0 && ticked === this.boxes.length;
    if (!all) this.everything = 0;
    this.countTarget.textContent = say("selected", { n: (this.everything || ticked).toLocaleString(locale()) });
    this.allTarget.checked = ticked > 0;
    this.allTarget.indeterminate = ticked > 0 && !all;
    this.wholeTarget.hidden = !all || Boolean(this.everything) || !document.querySelector("#rows-more [data-rows]");
  }

  all() {
    this.tick(this.boxes, this.allTarget.checked);
  }

  clear() {
    this.tick(this.boxes, false);
  }

  tick(boxes, on) {
    for (const box of boxes) box.checked = on;
    this.count();
  }

  /** All of the view, whatever of it is loaded: the desk says how many that are. */
  async whole() {
    const answer = await fetch(this.wholeTarget.dataset.url).catch(() => null);
    this.everything = answer?.ok ? Number(await answer.text()) : 0;
    this.count();
  }

  /** With the shift key: everything from the row ticked before. */
  range(event) {
    const { boxes } = this;
    const to = boxes.indexOf(event.target);
    if (to < 0) return;
    const from = boxes.indexOf(this.last);
    this.last = event.target;
    if (event.shiftKey && from >= 0)
      this.tick(boxes.slice(Math.min(from, to), Math.max(from, to) + 1), event.target.checked);
  }

  key(event) {
    if (event.target.matches("input:not([type=checkbox]), select")) return;
    const step = { ArrowDown: "down", ArrowUp: "up" }[event.key];
    const here = () => document.activeElement.closest(".conv")?.querySelector(".chk .check");
    if (event.shiftKey && step) {
      this.tick([here()].filter(Boolean), true);
      run(step);
      this.tick([here()].filter(Boolean), true);
    } else if ((event.ctrlKey || event.metaKey) && event.key === "a") this.tick(this.boxes, true);
    else if (event.key === "Escape" && this.boxes.some((box) => box.checked)) this.clear();
    else return;
    event.preventDefault();
  }
}
