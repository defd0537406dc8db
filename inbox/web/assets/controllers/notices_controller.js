// What stands under the bell is fetched each time it opens, and again while it is open and something happens.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["frame"];

  connect() {
    this.told = () => this.element.matches(":popover-open") && this.load();
    this.element.addEventListener("beforetoggle", ({ newState }) => newState === "open" && this.load());
    document.addEventListener("live:notices", this.told);
  }

  disconnect() {
    document.removeEventListener("live:notices", this.told);
  }

  load() {
    const frame = this.frameTarget;
    if (frame.src) frame.reload();
    else frame.src = frame.dataset.src;
  }
}
