// What is offered while somebody writes: canned replies after "/", people after "@", emoji after ":".

import { place } from "./place.js";
import { piece } from "./streams.js";

const MOST = 40;
const plainly = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Everything that begins with the words, then everything that holds them. */
function sifted(all, words) {
  const wanted = plainly(words);
  const ranked = all.map((each) => [plainly(each.name), plainly(each.more ?? ""), each]);
  const begins = ranked.filter(([name]) => name.startsWith(wanted));
  const holds = ranked.filter(([name, more]) => !name.startsWith(wanted) && `${name} ${more}`.includes(wanted));
  return [...begins, ...holds].slice(0, MOST).map(([, , each]) => each);
}

/** Kind → where it begins (the first group is what a choice replaces, the second what was typed of it). */
const KINDS = {
  canned: { at: /(?:^|\n)(\/(\S*))$/, in: () => true },
  mention: { at: /(?:^|[\s(])(@([^\s@]*(?: [^\s@]*)?))$/, in: (kind) => kind === "note" },
  emoji: { at: /(?:^|\s)(:([\p{L}_]{2,}))$/u, in: () => true },
};

export class Offers {
  constructor(composer) {
    this.on = composer;
    this.menu = composer.offersTarget;
    this.list = this.menu.querySelector("[data-offers-list]");
    this.at = 0;
    this.from = 0;
    this.menu.addEventListener("pointerdown", (event) => event.preventDefault());
    this.away = (event) => {
      if (!this.menu.contains(event.target) && !event.target.closest?.("[data-about]")) this.close();
    };
    document.addEventListener("pointerdown", this.away);
  }

  end() {
    document.removeEventListener("pointerdown", this.away);
  }

  get shown() {
    return this.menu.isConnected && this.menu.matches(":popover-open");
  }

  close() {
    if (this.shown) this.menu.hidePopover();
    this.on.textTarget.removeAttribute("aria-activedescendant");
  }

  /** The offers of a kind: `{name, more, text, pic, put, gaps}`. */
  all(kind) {
    return { canned: () => this.canned(), mention: () => this.people(), emoji: () => this.emoji ?? [] }[kind]();
  }

  canned() {
    return this.on.cannedOneTargets.map(({ dataset, content }) => {
      const { put, gaps } = this.filled(content.textContent, dataset.missing);
      return { name: dataset.name, text: put, label: `/${dataset.name}`, put, gaps };
    });
  }

  /** With what the form of a first message itself says of its ticket; `gaps` are the names that still have no value. */
  filled(text, missing) {
    let [put, gaps] = [text, missing.split(", ").filter(Boolean)];
    for (const { dataset, value } of this.on.fields) {
      for (const name of value.trim() ? (dataset.fills ?? "").split(" ") : []) {
        put = put.replaceAll(`{${name}}`, name.endsWith("first_name") ? value.trim().split(" ")[0] : value.trim());
        gaps = gaps.filter((each) => each !== name);
      }
    }
    return { put, gaps: gaps.join(", ") };
  }

  /** The agents and teams of the assign menu, but for me and for whom the ticket is closed. */
  people() {
    const items = document.querySelectorAll('#assign-menu [data-menu-value]:not([data-menu-value="agent:"])');
    const hidden = [document.body.dataset.me, ...this.on.blindValue].map((id) => `agent:${id}`);
    return [...items]
      .filter((item) => !hidden.includes(item.dataset.menuValue))
      .map((item) => {
        const name = item.querySelector(".grow").firstChild.textContent.trim();
        return { name, label: name, pic: item.querySelector(".av, svg").cloneNode(true), put: `@${name} ` };
      });
  }

  /** Fetched the first time somebody asks for one. */
  async fetchEmoji() {
    if (this.emoji) return;
    this.emoji = [];
    const found = await fetch(this.on.emojiValue)
      .then((answer) => (answer.ok ? answer.json() : null))
      .catch(() => null);
    this.emoji = found?.map(([char, name, more]) => ({ name, more, label: name, pic: char, put: `${char} ` }));
  }

  /** The list follows what stands before the caret. */
  typed() {
    const field = this.on.textTarget;
    const before = field.value.slice(0, field.selectionStart);
    for (const [kind, { at, in: fits }] of Object.entries(KINDS)) {
      const match = fits(this.on.kindOf) && at.exec(before);
      if (match) return this.draw(kind, match[2], before.length - match[1].length);
    }
    return this.close();
  }

  /** From its button: all of a kind, put in where the caret is. */
  open(kind) {
    this.on.textTarget.focus();
    if (this.shown) this.close();
    else this.draw(kind, "", this.on.textTarget.selectionStart);
  }

  async draw(kind, words, from) {
    if (kind === "emoji") await this.fetchEmoji();
    const found = sifted(this.all(kind), words);
    if (!found.length) return this.close();
    this.from = from;
    const options = found.map((each, n) => this.option(each, n));
    this.list.replaceChildren(...options);
    const title = this.menu.querySelector("[data-offers-title]");
    title.textContent = title.dataset[kind];
    if (!this.shown) this.menu.showPopover();
    place(this.menu, this.on.box, "top-start");
    return this.aim(0);
  }

  option({ label, text, pic, put, gaps }, n) {
    const option = piece("t-offer");
    option.id = `offer-${n}`;
    if (pic) option.querySelector("[data-pic]").replaceChildren(pic);
    option.querySelector("[data-name]").textContent = label;
    option.querySelector("[data-text]").textContent = text ?? "";
    const gap = option.querySelector("[data-gap]");
    gap.hidden = !gaps;
    gap.title = gaps ?? "";
    gap.querySelector("[data-gaps]").textContent = gaps ?? "";
    option.addEventListener("click", () => {
      this.close();
      this.on.write(put, this.from);
    });
    return option;
  }

  aim(at) {
    const options = [...this.list.children];
    this.at = (at + options.length) % options.length;
    for (const [n, option] of options.entries()) option.ariaSelected = String(n === this.at);
    options[this.at].scrollIntoView({ block: "nearest" });
    this.on.textTarget.setAttribute("aria-activedescendant", options[this.at].id);
  }

  /** True where the key was for the list. */
  key(event) {
    if (!this.shown || event.ctrlKey || event.metaKey) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step && !["Enter", "Tab", "Escape"].includes(event.key)) return false;
    event.preventDefault();
    event.stopPropagation();
    if (step) this.aim(this.at + step);
    else if (event.key === "Escape") this.close();
    else this.list.children[this.at].click();
    return true;
  }
}
