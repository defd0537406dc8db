// The files of an answer before it leaves: listed as chips, checked against what the channel takes.

import { piece } from "./streams.js";
import { say, size } from "./words.js";

export class Files {
  constructor(place, input, changed) {
    this.place = place;
    this.input = input;
    this.changed = changed;
    this.list = [];
  }

  add(files) {
    this.list = [...this.list, ...files];
    this.input.value = "";
    this.draw();
  }

  clear() {
    this.list = [];
    this.draw();
  }

  drop(file) {
    this.list = this.list.filter((each) => each !== file);
    this.draw();
  }

  draw() {
    this.place.hidden = this.list.length === 0;
    this.place.replaceChildren(
      ...this.list.map((file) => {
        const chip = piece("t-file");
        chip.querySelector("[data-name]").textContent = file.name;
        chip.querySelector("[data-size]").textContent = size(file.size);
        const button = chip.querySelector("[data-drop]");
        button.ariaLabel = say("remove_file", { name: file.name });
        button.addEventListener("click", () => this.drop(file));
        return chip;
      }),
    );
    this.changed();
  }

  /** What a channel with these limits (`data-` values of its entry) does not take, as a sentence, or "". */
  wrong(limits) {
    if (!this.list.length || !limits) return "";
    if (limits.media !== "yes") return say("no_files");
    const most = Number(limits.mediaCount);
    if (most && this.list.length > most) return say("too_many", { n: most });
    const room = Number(limits.mediaBytes);
    const large = room && this.list.find((file) => file.size > room);
    return large ? say("too_large", { name: large.name, size: size(room) }) : "";
  }
}
