// Tabs over panels that may come later: what the chosen tab controls is shown, the others wait.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["tab", "panel"];

  connect() {
    this.aged = () => {
      this.old = true;
    };
    document.addEventListener("item:came", this.aged);
  }

  disconnect() {
    document.removeEventListener("item:came", this.aged);
  }

  panelTargetConnected() {
    this.draw();
  }

  show(event) {
    this.choose(event.currentTarget);
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = this.tabTargets.indexOf(event.currentTarget);
    const tab = this.tabTargets.at((at + step) % this.tabTargets.length);
    this.choose(tab);
    tab.focus();
  }

  choose(tab) {
    for (const each of this.tabTargets) {
      each.ariaSelected = String(each === tab);
      each.tabIndex = each === tab ? 0 : -1;
    }
    this.draw();
    this.renew();
  }

  /** What happened since the panels came is fetched when somebody looks. */
  renew() {
    const frame = this.element.querySelector("turbo-frame");
    if (!this.old || !frame) return;
    this.old = false;
    if (frame.src) frame.reload();
    else frame.src = frame.dataset.src;
  }

  draw() {
    const chosen = this.tabTargets.find((tab) => tab.ariaSelected === "true")?.getAttribute("aria-controls");
    for (const panel of this.panelTargets) panel.classList.toggle("on", panel.id === chosen);
  }
}
