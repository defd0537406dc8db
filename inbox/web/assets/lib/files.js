// The files of an answer before it leaves: listed as chips, checked against what the channel takes.

import { piece } from "./streams.js";
import { say, size } from "./words.js";

export class Files {
  constructor(composer) {
    this.composer = composer;
    this.place = composer.filesTarget;
    this.input = composer.inputTarget;
    this.list = [];
    this.ids = new Map(); // of those that lie with the desk already
    const { pane } = composer;
    this.input.addEventListener("change", () => this.add(this.input.files));
    pane.addEventListener("paste", (event) => this.take(event, event.clipboardData));
    pane.addEventListener("dragover", (event) => this.over(event));
    pane.addEventListener("dragleave", () => this.composer.box.classList.remove("dropping"));
    pane.addEventListener("drop", (event) => this.take(event, event.dataTransfer));
  }

  post(url, fields = {}) {
    const body = new FormData();
    body.set("csrf_token", this.composer.element.elements.csrf_token.value);
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
  }

  /** Sends a file ahead; one that does not get through goes with the message itself. */
  async upload(file) {
    if (this.ids.has(file) && !file.left) return;
    this.ids.delete(file);
    file.left = false;
    try {
      const answer = await this.post(this.composer.fileUrlValue, { mode: this.composer.kindOf, files: file });
      if (!answer.ok) return;
      const { id } = await answer.json();
      if (this.list.includes(file)) this.ids.set(file, id);
      else await this.post(`/uploads/${id}/remove`);
    } catch {
      // The line is down: the message waits with its files for it.
    }
  }

  /** The files of a draft that the desk has kept. */
  async restore(kept) {
    for (const { id, name } of kept) {
      const blob = await fetch(`/uploads/${id}`)
        .then((answer) => answer.ok && answer.blob())
        .catch(() => null);
      if (!blob) continue;
      const file = new File([blob], name, { type: blob.type });
      this.ids.set(file, id);
      this.list.push(file);
      this.draw();
    }
  }

  /** Puts them into the form of a message. */
  into(body) {
    for (const file of this.list) {
      if (this.ids.has(file)) body.append("uploads", this.ids.get(file));
      else body.append("files", file);
    }
  }

  over(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.composer.box.classList.add("dropping");
  }

  /** Files that were pasted or dropped; text goes its usual way. */
  take(event, { files }) {
    this.composer.box.classList.remove("dropping");
    if (!files.length) return;
    event.preventDefault();
    this.add([...files].map((file) => this.placed(file, event.type === "paste")));
  }

  /** A picture pasted into a mail stands where it was pasted: a mark names it, so its name has to be its own. */
  placed(file, pasted) {
    const { kindOf, choice, textTarget } = this.composer;
    if (!pasted || kindOf !== "reply" || choice?.dataset.kind !== "email" || !file.type.startsWith("image/"))
      return file;
    const end = file.name.match(/\.\w+$/)?.[0] ?? ".png";
    const own = new File([file], `image-${Date.now().toString(36)}${end}`, { type: file.type });
    textTarget.setRangeText(`![](${own.name})`, textTarget.selectionStart, textTarget.selectionEnd, "end");
    textTarget.dispatchEvent(new Event("input", { bubbles: true }));
    return own;
  }

  add(files) {
    const fresh = [...files];
    this.list.push(...fresh);
    this.input.value = "";
    this.draw();
    for (const file of fresh) this.upload(file);
  }

  clear() {
    this.list = [];
    this.draw();
  }

  drop(file) {
    this.list = this.list.filter((each) => each !== file);
    if (this.ids.has(file)) this.post(`/uploads/${this.ids.get(file)}/remove`).catch(() => {});
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

  /** The files that leave as links on a channel with these limits: the desk's own rule (inbox/actions/links.py). */
  linked(limits) {
    if (limits?.links !== "yes") return new Set();
    const [one, most, total] = [limits.mediaBytes, limits.mediaCount, limits.mediaTotal].map(
      (limit) => Number(limit) || Number.POSITIVE_INFINITY,
    );
    const linked = new Set(this.list.filter((file) => limits.media !== "yes" || file.size > one));
    for (const file of this.list.toSorted((a, b) => b.size - a.size)) {
      const left = this.list.filter((each) => !linked.has(each));
      if (left.length <= most && left.reduce((sum, each) => sum + each.size, 0) <= total) break;
      linked.add(file);
    }
    return linked;
  }

  /** Says at each file whether it leaves as a link. */
  mark(limits) {
    const linked = this.linked(limits);
    for (const [index, chip] of [...this.place.children].entries()) {
      const file = this.list[index];
      const words = linked.has(file) ? `${size(file.size)} · ${say("as_link")}` : size(file.size);
      chip.querySelector("[data-size]").textContent = words;
    }
  }

  /** What a channel with these limits (`data-` values of its entry) does not take, as a sentence, or "". */
  wrong(limits) {
    if (!this.list.length || !limits) return "";
    const most = Number(limits.most);
    const huge = most && this.list.find((file) => file.size > most);
    if (huge) return say("too_large_at_all", { name: huge.name, size: size(most) });
    return limits.links === "yes" ? "" : this.refused(limits);
  }

  /** The same where nothing can leave as a link. */
  refused(limits) {
    if (limits.media !== "yes") return say("no_files");
    const most = Number(limits.mediaCount);
    if (most && this.list.length > most) return say("too_many", { n: most });
    const room = Number(limits.mediaBytes);
    const large = room && this.list.find((file) => file.size > room);
    if (large) return say("too_large", { name: large.name, size: size(room) });
    const total = Number(limits.mediaTotal);
    const heaviest = total && this.list.reduce((sum, file) => sum + file.size, 0) > total && this.list.at(-1);
    return heaviest ? say("too_large", { name: heaviest.name, size: size(total) }) : "";
  }
}
