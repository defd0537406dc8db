// Canned replies under the composer: "/" opens the list, letters narrow it, Enter puts one in.

import { place } from "../controllers/menu_controller.js";
import { piece } from "./streams.js";

export class CannedList {
  constructor(composer) {
    this.composer = composer;
    this.menu = composer.cannedMenuTarget;
    this.at = 0;
    this.typedLength = 0;
    this.menu.addEventListener("pointerdown", (event) => event.preventDefault());
    document.addEventListener("pointerdown", (event) => {
      if (!this.menu.contains(event.target) && !event.target.closest('[data-action~="composer#canned"]')) this.close();
    });
  }

  get shown() {
    return this.menu.isConnected && this.menu.matches(":popover-open");
  }

  close() {
    if (this.shown) this.menu.hidePopover();
    this.composer.textTarget.removeAttribute("aria-activedescendant");
  }

  /** Everything that begins with, or holds, what stands after the slash. */
  found(words) {
    const wanted = words.toLowerCase();
    const all = this.composer.cannedOneTargets.map((each) => ({
      name: each.dataset.name,
      text: each.content.textContent,
    }));
    const begins = all.filter(({ name }) => name.toLowerCase().startsWith(wanted));
    return [...begins, ...all.filter((each) => !begins.includes(each) && each.name.toLowerCase().includes(wanted))];
  }

  /** The list follows what is typed: a field that begins with a slash and one word. */
  typed() {
    const match = /^\/(\S*)$/.exec(this.composer.textTarget.value);
    if (match) this.draw(match[1], match[0].length);
    else this.close();
  }

  open() {
    this.composer.textTarget.focus();
    if (this.shown) this.close();
    else this.draw("", 0);
  }

  draw(words, length) {
    const found = this.found(words);
    this.typedLength = length;
    this.at = 0;
    if (!found.length) {
      this.close();
      return;
    }
    const options = found.map(({ name, text }, n) => {
      const option = piece("t-canned");
      option.id = `canned-${n}`;
      option.querySelector("[data-name]").textContent = `/${name}`;
      option.querySelector("[data-text]").textContent = text;
      option.addEventListener("click", () => this.take(text));
      return option;
    });
    this.composer.cannedListTarget.replaceChildren(...options);
    if (!this.shown) this.menu.showPopover();
    place(this.menu, this.composer.element, "top-start");
    this.aim(0);
  }

  aim(at) {
    const options = [...this.composer.cannedListTarget.children];
    this.at = (at + options.length) % options.length;
    for (const [n, option] of options.entries()) option.ariaSelected = String(n === this.at);
    options[this.at].scrollIntoView({ block: "nearest" });
    this.composer.textTarget.setAttribute("aria-activedescendant", options[this.at].id);
  }

  take(text) {
    this.close();
    this.composer.insert(text);
  }

  /** True where the key was for the list. */
  key(event) {
    if (!this.shown) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const own = step || ["Enter", "Tab", "Escape"].includes(event.key);
    if (!own || event.ctrlKey || event.metaKey) return false;
    event.preventDefault();
    event.stopPropagation();
    if (step) this.aim(this.at + step);
    else if (event.key === "Escape") this.close();
    else this.composer.cannedListTarget.children[this.at].click();
    return true;
  }
}
