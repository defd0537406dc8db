// What stands under the bell is fetched each time it opens, and again while it is open and something happens.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["frame"];

  connect() {
    this.told = ({ detail }) => {
      if (this.element.matches(":popover-open")) this.load();
      if (!detail) this.quiet();
    };
    this.element.addEventListener("beforetoggle", ({ newState }) => newState === "open" && this.load());
    document.addEventListener("live:notices", this.told);
  }

  disconnect() {
    document.removeEventListener("live:notices", this.told);
  }

  /** What this device rang for is read: it shows it no more. */
  async quiet() {
    const worker = await navigator.serviceWorker?.getRegistration();
    for (const shown of (await worker?.getNotifications()) ?? []) shown.close();
  }

  load() {
    const frame = this.frameTarget;
    if (frame.src) frame.reload();
    else frame.src = frame.dataset.src;
  }
}
