// The words of a chart's mark, beside the pointer; a press opens what is behind it, as the table's cells do.

import { Controller } from "@hotwired/stimulus";
import { visit } from "@hotwired/turbo";

export default class extends Controller {
  connect() {
    this.box = document.createElement("div");
    this.box.className = "tip";
    this.box.hidden = true;
    this.box.setAttribute("aria-hidden", "true");
    this.element.append(this.box);
    this.over = ({ target }) => this.show(target.closest?.("[data-tip]"));
    this.away = () => this.show(null);
    this.element.addEventListener("pointerover", this.over);
    this.press = (event) => this.open(event);
    this.element.addEventListener("click", this.press);
    this.element.addEventListener("pointerleave", this.away);
    this.element.addEventListener("scroll", this.away, { passive: true });
    if (this.element.querySelector("[data-explain]")) this.explain();
  }

  /** Figures say what they mean: loaded by pages that have some. */
  async explain() {
    const { follow } = await import("../lib/explain.js");
    if (this.element.isConnected) this.end = follow(this.element);
  }

  disconnect() {
    this.end?.();
    this.element.removeEventListener("pointerover", this.over);
    this.element.removeEventListener("click", this.press);
    this.element.removeEventListener("pointerleave", this.away);
    this.element.removeEventListener("scroll", this.away);
    this.box.remove();
  }

  open({ target, ctrlKey, metaKey }) {
    const href = target.closest?.("[data-href]")?.dataset.href;
    if (!href) return;
    if (ctrlKey || metaKey) window.open(href, "_blank", "noopener");
    else visit(href);
  }

  print() {
    window.print();
  }

  show(mark) {
    this.box.hidden = !mark;
    if (!mark) return;
    this.box.textContent = mark.dataset.tip;
    const { left, top, width } = mark.getBoundingClientRect();
    const half = this.box.offsetWidth / 2 + 4;
    this.box.style.left = `${Math.min(Math.max(left + width / 2, half), innerWidth - half)}px`;
    this.box.style.top = `${top - 6}px`;
  }
}
