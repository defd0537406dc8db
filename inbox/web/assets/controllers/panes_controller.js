// The inbox's panes: which one a phone shows, and whether the customer stands beside the thread.

import { Controller } from "@hotwired/stimulus";
import { visit } from "@hotwired/turbo";

const wide = matchMedia("(min-width: 1280px)");

export default class extends Controller {
  connect() {
    this.opened = () => {
      this.element.dataset.pane = "thread";
    };
    this.toggled = () => this.customer();
    this.escaped = (event) => {
      if (event.key === "Escape" && this.element.dataset.pane === "details" && !wide.matches) this.thread();
    };
    document.addEventListener("ticket:open", this.opened);
    document.addEventListener("command:customer", this.toggled);
    document.addEventListener("keydown", this.escaped);
    if (localStorage.getItem("details") === "off") this.element.dataset.details = "off";
  }

  disconnect() {
    document.removeEventListener("ticket:open", this.opened);
    document.removeEventListener("command:customer", this.toggled);
    document.removeEventListener("keydown", this.escaped);
  }

  /** Back to the list as it was: the same view, not the default one. */
  back(event) {
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("list:left"));
    const list = document.getElementById("list");
    visit(`${new URL(event.currentTarget.href).pathname}?${list?.dataset.listParamsValue ?? ""}`);
  }

  thread() {
    this.element.dataset.pane = "thread";
  }

  customer() {
    if (!wide.matches) {
      this.element.dataset.pane = this.element.dataset.pane === "details" ? "thread" : "details";
      return;
    }
    const off = this.element.dataset.details !== "off";
    this.element.dataset.details = off ? "off" : "on";
    localStorage.setItem("details", off ? "off" : "on");
  }
}
