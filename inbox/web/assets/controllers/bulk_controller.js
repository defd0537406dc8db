// The bar over the list while rows are ticked. Its menus stand elsewhere on the page and get the ids when they are sent.

import { Controller } from "@hotwired/stimulus";
import { say } from "../lib/words.js";

export default class extends Controller {
  static targets = ["count", "all"];

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
    if (!form.matches("[data-bulk]")) return;
    for (const old of form.querySelectorAll('[name="ids"]')) old.remove();
    for (const box of this.boxes.filter((each) => each.checked)) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name: "ids", value: box.value });
      form.append(field);
    }
  }

  count() {
    const ticked = this.boxes.filter((box) => box.checked).length;
    this.countTarget.textContent = say("selected", { n: ticked });
    this.allTarget.checked = ticked > 0;
    this.allTarget.indeterminate = ticked > 0 && ticked < this.boxes.length;
  }

  all() {
    for (const box of this.boxes) box.checked = this.allTarget.checked;
    this.count();
  }

  clear() {
    for (const box of this.boxes) box.checked = false;
    this.count();
  }
}
