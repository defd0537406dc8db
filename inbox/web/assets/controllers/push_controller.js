// The devices of one's own page of notices; what it takes to subscribe one is fetched there only.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["form", "none", "denied", "device"];
  static values = { key: String };

  async connect() {
    this.push = await import("../lib/push.js").catch(() => null);
    await this.push?.show(this);
  }

  subscribe(event) {
    return this.push?.subscribe(event, this.keyValue);
  }
}
