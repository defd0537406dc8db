// Looks again at a frame every few seconds while something in it is awaited and the page is seen.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static values = { seconds: Number, on: Boolean, url: String };

  connect() {
    this.timer = setInterval(() => this.look(), this.secondsValue * 1_000);
  }

  disconnect() {
    clearInterval(this.timer);
  }

  look() {
    if (!this.onValue || !this.urlValue || document.hidden || this.element.querySelector("[data-settled]")) return;
    if (this.element.src) this.element.reload();
    else this.element.src = this.urlValue;
  }
}
