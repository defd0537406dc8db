// Gives the frame of a mail the height of its content: same origin, no scripts in it, so it can be measured from here.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  connect() {
    this.measured = () => this.measure();
    this.element.addEventListener("load", this.measured);
    this.measure();
  }

  disconnect() {
    this.element.removeEventListener("load", this.measured);
    this.observer?.disconnect();
  }

  measure() {
    const page = this.element.contentDocument?.documentElement;
    if (!page?.scrollHeight) return;
    this.element.style.height = `${Math.min(page.scrollHeight, 4000)}px`;
    this.observer?.disconnect();
    this.observer = new ResizeObserver(() => {
      const body = this.element.contentDocument?.body;
      if (body) this.element.style.height = `${Math.min(body.scrollHeight + 2, 4000)}px`;
    });
    if (this.element.contentDocument.body) this.observer.observe(this.element.contentDocument.body);
  }
}
