// A toast goes by itself; not while it is pointed at or has the focus.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static values = { ms: { type: Number, default: 5000 } };

  connect() {
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
