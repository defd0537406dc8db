// Ctrl K: commands by name and tickets while typing, in one list that a combobox drives.

import { Controller } from "@hotwired/stimulus";
import { visit } from "@hotwired/turbo";
import { can, run } from "../lib/commands.js";

const plainly = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export default class extends Controller {
  static targets = ["input", "list", "hits", "group", "none", "here", "number", "macros"];
  static values = { url: String };

  connect() {
    this.observer = new MutationObserver(() => this.element.open && this.opened());
    this.observer.observe(this.element, { attributeFilter: ["open"] });
    this.element.addEventListener("click", (event) => event.target === this.element && this.element.close());
    // A copy of the page from the cache may hold it open; a page being left for good must not close it under typing hands.
    if (this.element.open) this.element.close();
  }

  disconnect() {
    this.observer.disconnect();
    clearTimeout(this.timer);
  }

  opened() {
    const ticket = document.querySelector("[data-thread-ticket-value]")?.dataset.threadTicketValue;
    this.hereTarget.hidden = !ticket;
    this.numberTarget.textContent = ticket ? `#${ticket}` : "";
    this.macrosTarget.replaceChildren(document.getElementById("t-macros")?.content.cloneNode(true) ?? "");
    this.inputTarget.value = "";
    this.hitsTarget.replaceChildren();
    this.type();
    this.inputTarget.focus();
  }

  get options() {
    return [...this.listTarget.querySelectorAll('[role="option"]')].filter((option) => !option.hidden);
  }

  type() {
    const typed = this.inputTarget.value;
    const words = plainly(typed.replace(/^>/, "").trim());
    for (const group of this.groupTargets) {
      let left = 0;
      for (const option of group.querySelectorAll("[data-command]")) {
        option.hidden = !plainly(option.textContent).includes(words) || !can(option.dataset.command);
        left += option.hidden ? 0 : 1;
      }
      group.hidden = left === 0;
    }
    clearTimeout(this.timer);
    if (typed.startsWith(">") || words.length < 2) this.hitsTarget.replaceChildren();
    else this.timer = setTimeout(() => this.find(typed), 120);
    this.aim(this.options[0]);
  }

  async find(words) {
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      const url = `${this.urlValue}?${new URLSearchParams({ q: words, palette: "1" })}`;
      const answer = await fetch(url, { headers: { Accept: "text/html" }, signal: this.asked.signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const hits = page.getElementById("palette-hits");
      if (!hits || words !== this.inputTarget.value) return;
      this.light(hits, words);
      this.hitsTarget.replaceChildren(hits);
      this.aim(this.options[0]);
    } catch (error) {
      if (error.name !== "AbortError") this.hitsTarget.replaceChildren();
    }
  }

  /** Marks what was typed in what was found. */
  light(root, words) {
    const wanted = words.trim().toLowerCase();
    for (const node of [...root.querySelectorAll(".trunc > span")]) {
      const text = node.textContent;
      const at = text.toLowerCase().indexOf(wanted);
      if (at < 0) continue;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(at, at + wanted.length);
      node.replaceChildren(text.slice(0, at), mark, text.slice(at + wanted.length));
    }
  }

  aim(option) {
    for (const each of this.listTarget.querySelectorAll('[aria-selected="true"]')) each.ariaSelected = "false";
    this.noneTarget.hidden = Boolean(option) || this.inputTarget.value === "";
    if (!option) {
      this.inputTarget.removeAttribute("aria-activedescendant");
      return;
    }
    option.ariaSelected = "true";
    option.scrollIntoView({ block: "nearest" });
    this.inputTarget.setAttribute("aria-activedescendant", option.id);
  }

  key(event) {
    const options = this.options;
    const at = options.findIndex((option) => option.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      this.aim(options.at((at + step) % options.length));
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.full();
    }
  }

  point(event) {
    const option = event.target.closest('[role="option"]');
    if (option && option.ariaSelected !== "true") this.aim(option);
  }

  pick(event) {
    const option = event.target.closest("[data-command]");
    if (option) this.go(option);
  }

  choose(event) {
    event.preventDefault();
    const option = this.options.find((each) => each.ariaSelected === "true");
    if (option) this.go(option);
    else this.full();
  }

  go(option) {
    this.element.close();
    if (option.dataset.command) setTimeout(() => run(option.dataset.command));
    else visit(option.href);
  }

  full() {
    this.element.close();
    visit(`${this.urlValue}?${new URLSearchParams({ q: this.inputTarget.value.replace(/^>/, "") })}`);
  }
}
