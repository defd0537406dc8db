// The files of an answer before it leaves: listed as chips, checked against what the channel takes.

import { piece } from "./streams.js";
import { say, size } from "./words.js";

export class Files {
  constructor(composer) {
    this.composer = composer;
    this.place = composer.filesTarget;
    this.input = composer.inputTarget;
    this.list = [];
    const { element, textTarget } = composer;
    this.input.addEventListener("change", () => this.add(this.input.files));
    textTarget.addEventListener("paste", (event) => this.take(event, event.clipboardData));
    element.addEventListener("dragover", (event) => this.over(event));
    element.addEventListener("dragleave", () => element.classList.remove("dropping"));
    element.addEventListener("drop", (event) => this.take(event, event.dataTransfer));
  }

  over(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.composer.element.classList.add("dropping");
  }

  /** Files that were pasted or dropped; text goes its usual way. */
  take(event, { files }) {
    this.composer.element.classList.remove("dropping");
    if (!files.length) return;
    event.preventDefault();
    this.add(files);
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
    this.composer.check();
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
