// A toast goes by itself; not while it is pointed at or has the focus.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static values = { ms: { type: Number, default: 5000 }, ticket: Number };

  connect() {
    const open = document.querySelector(`[data-thread-ticket-value="${this.ticketValue}"]`);
    if (this.ticketValue && open && !document.hidden) return this.close(); // its reader sees it happen
    this.wait();
    for (const name of ["pointerenter", "focusin"]) this.element.addEventListener(name, () => clearTimeout(this.timer));
    for (const name of ["pointerleave", "focusout"]) this.element.addEventListener(name, () => this.wait());
  }

  disconnect() {
    clearTimeout(this.timer);
  }

  close() {
    setTimeout(() => this.element.remove());
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.element.remove(), this.msValue);
  }
}
