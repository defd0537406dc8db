// Copies a value; without the clipboard (plain HTTP) it selects it, so that the keys can.

import { Controller } from "@hotwired/stimulus";

const SAID_MS = 2_000;

export default class extends Controller {
  static targets = ["text", "label"];

  async copy({ currentTarget }) {
    const text = this.textTarget.value ?? this.textTarget.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      getSelection().selectAllChildren(this.textTarget);
      return;
    }
    this.words ??= this.labelTarget.textContent;
    this.labelTarget.textContent = currentTarget.dataset.done;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.labelTarget.textContent = this.words;
    }, SAID_MS);
  }

  disconnect() {
    clearTimeout(this.timer);
  }
}
