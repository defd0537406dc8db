// Draws how long the answer is, what it costs, and the offer to write it with plain characters.

import { say } from "./words.js";

export class Gauge {
  constructor(composer) {
    this.composer = composer;
  }

  /** `measured` as meter() says it, or null; `limits` the `data-` values of the chosen channel. */
  draw(measured, limits) {
    const on = this.composer;
    if (!on.hasMeterTarget) return;
    on.meterTarget.hidden = !measured?.show;
    on.plainTarget.hidden = !measured?.saves;
    if (!measured) return;
    on.barTarget.value = Math.min(1, measured.used / measured.room);
    on.lengthTarget.textContent = `${measured.used} / ${measured.room}`;
    on.partsTarget.textContent = limits.segments ? say("segments", { n: measured.parts }) : "";
    const coded = limits.segments ? (measured.unicode ? "Unicode" : "GSM-7") : "";
    on.priceTarget.textContent = [coded, measured.price].filter(Boolean).join(" · ");
    on.meterTarget.classList.toggle("over", Boolean(measured.wrong));
    on.plainTarget.textContent = measured.saves ? say("plain_saves", { n: measured.saves }) : "";
  }
}
