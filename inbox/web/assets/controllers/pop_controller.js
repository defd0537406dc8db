// A small pane behind a <details>: closes on Escape, on a click elsewhere and when the focus leaves it.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  connect() {
    this.outside = ({ target }) => {
      if (!this.element.contains(target)) this.element.open = false;
    };
    this.escape = (event) => {
      if (event.key !== "Escape" || !this.element.open) return;
      event.stopPropagation();
      this.element.open = false;
      this.element.querySelector("summary").focus();
    };
    this.left = ({ relatedTarget }) => {
      if (relatedTarget && !this.element.contains(relatedTarget)) this.element.open = false;
    };
    document.addEventListener("click", this.outside);
    this.element.addEventListener("keydown", this.escape);
    this.element.addEventListener("focusout", this.left);
  }

  disconnect() {
    document.removeEventListener("click", this.outside);
    this.element.removeEventListener("keydown", this.escape);
    this.element.removeEventListener("focusout", this.left);
  }
}
