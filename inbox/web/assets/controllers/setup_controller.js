// The first visit: takes the browser's own zone and language, and shows the name as customers will meet it.

import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["name", "zone", "language"];

  connect() {
    if (this.hasZoneTarget) this.prefer(this.zoneTarget, Intl.DateTimeFormat().resolvedOptions().timeZone);
    if (this.hasLanguageTarget) this.prefer(this.languageTarget, navigator.language.slice(0, 2));
    this.show();
    if (this.element.querySelector(".week")) import("../lib/week.js").then(({ follow }) => follow(this.element));
  }

  /** Chooses `value` where nothing was chosen yet and the list has it. */
  prefer(select, value) {
    const chosen = [...select.options].some((option) => option.defaultSelected);
    const option = [...select.options].find((each) => each.value === value);
    if (!chosen && option) option.selected = true;
  }

  show() {
    const place = (what) => document.querySelector(`[data-setup-shows="${what}"]`);
    const name = place("name");
    if (name && this.hasNameTarget) name.textContent = this.nameTarget.value.trim() || name.dataset.empty;
    const time = place("time");
    if (time && this.hasZoneTarget) {
      const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
        timeZone: this.zoneTarget.value,
      });
      time.textContent = clock.format(new Date());
    }
  }
}
