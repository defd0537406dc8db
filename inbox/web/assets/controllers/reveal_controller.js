// Shows and hides what a password field holds.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["field", "button"];

  toggle() {
    const shown = this.fieldTarget.type === "password";
    this.fieldTarget.type = shown ? "text" : "password";
    this.buttonTarget.setAttribute("aria-pressed", String(shown));
    this.fieldTarget.focus();
  }
}
