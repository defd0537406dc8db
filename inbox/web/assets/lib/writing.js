// What the composer needs once somebody writes in it or does something with one message; it comes by then.

import { Gauge } from "./gauge.js";
import * as marks from "./marks.js";
import { meter } from "./meter.js";
import { Offers } from "./offers.js";
import { plain } from "./sms.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const SAVE_MS = 800;

export class Writing {
  constructor(composer) {
    this.on = composer;
    this.offers = new Offers(composer);
    this.gauge = new Gauge(composer);
    this.subject = null;
    this.pasted = (event) => event.defaultPrevented || marks.paste(composer.textTarget, event);
    composer.textTarget.addEventListener("paste", this.pasted);
    composer.writing = this;
    composer.check();
    if (document.activeElement === composer.textTarget && composer.textTarget.value) this.typed();
  }

  /** The composer leaves the page: what was not kept yet is kept now. */
  end() {
    this.offers.end();
    if (this.timer) this.save();
  }

  typed() {
    this.offers.typed();
    this.later();
  }

  /** Keeps it on the desk once nobody has typed for a moment. */
  later() {
    if (this.on.editing) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), SAVE_MS);
  }

  /** Draws how long the text is by the channel's measure; gives what the meter found, or null. */
  measure(limits) {
    const measured = meter(this.on.textTarget.value, limits);
    this.gauge.draw(measured, limits);
    return measured;
  }

  plain() {
    this.on.textTarget.value = plain(this.on.textTarget.value);
    this.on.typed();
    this.on.textTarget.focus();
  }

  /** It has left: there is nothing to keep. */
  sent() {
    clearTimeout(this.timer);
    this.timer = 0;
  }

  async save() {
    this.sent();
    const body = new FormData();
    body.set("csrf_token", this.on.element.elements.csrf_token.value);
    body.set("mode", this.on.kindOf);
    body.set("text", this.on.textTarget.value);
    for (const { name, value } of this.on.fields) body.set(name, value);
    const written = Boolean(this.on.textTarget.value.trim());
    const headers = { "X-Requested-With": "fetch" };
    const answer = await fetch(this.on.draftUrlValue, { method: "POST", body, headers, keepalive: true }).catch(
      () => null,
    );
    this.on.savedTarget.textContent = written ? say(answer?.ok ? "draft_saved" : "draft_away") : "";
  }

  /** True where the key was for something here. */
  key(event) {
    const field = this.on.textTarget;
    if (this.offers.key(event) || marks.key(field, event)) return true;
    if (event.key === "ArrowUp" && !field.value && this.on.kindOf === "note") return this.editLast(event);
    return false;
  }

  editLast(event) {
    const mine = [...this.on.pane.querySelectorAll(`.note[data-author="${CSS.escape(document.body.dataset.me)}"]`)];
    if (!mine.length) return false;
    event.preventDefault();
    this.edit(mine.at(-1));
    return true;
  }

  // --- what is done with one message ---

  /** A button that says what it is about: of the toolbar, or of the menu of a message. */
  about(button) {
    const what = button.dataset.about;
    const run = {
      menu: () => this.choose(button.closest("article")),
      answer: () => this.answer(this.subject),
      quote: () => this.quote(this.subject),
      edit: () => this.edit(this.subject),
      link: () => this.link(this.subject),
      plain: () => this.plain(),
      drop: () => this.drop(),
      bold: () => marks.mark(this.on.textTarget, what),
      italic: () => marks.mark(this.on.textTarget, what),
    }[what];
    if (run) run();
    else this.offers.open(what);
  }

  get ways() {
    return this.on.hasChoicesTarget ? [...this.on.choicesTarget.querySelectorAll(".menu-i")] : [];
  }

  /** The menu shows what fits the message. */
  choose(subject) {
    this.subject = subject;
    const note = subject.matches(".note");
    const leg = subject.closest(".leg")?.dataset.leg;
    const way = this.ways.find(({ dataset }) => `${dataset.channel}|${dataset.address}` === leg);
    const item = (name) => document.querySelector(`#message-menu [data-about="${name}"]`);
    item("answer").hidden = note || way?.dataset.replies !== "yes" || way.ariaDisabled === "true";
    item("edit").hidden = !note || subject.dataset.author !== document.body.dataset.me;
    item("quote").hidden = !this.words(subject);
    const was = document.querySelector("#message-menu form");
    const { meant, message } = subject.dataset;
    was.hidden = meant === undefined;
    was.action = was.getAttribute("action").replace(/\d+/, message ?? 0);
    for (const each of was.querySelectorAll("button")) {
      const on = each.dataset.menuValue === meant;
      each.ariaPressed = String(on);
      each.value = on ? "" : each.dataset.menuValue; // what holds is taken back
    }
    const because = document.querySelector("#message-menu [data-because]");
    because.textContent =
      subject.querySelector(".meta[title]")?.title ?? subject.querySelector(".why")?.innerText ?? "";
    because.hidden = !because.textContent;
  }

  words(subject) {
    const text = subject.querySelector("[data-text]")?.dataset.text;
    return text || subject.querySelector(".bub, .mail-b > .prose")?.innerText.trim() || "";
  }

  quote(subject) {
    const field = this.on.textTarget;
    const gap = field.value && !field.value.endsWith("\n") ? "\n" : "";
    this.on.write(gap + marks.quoted(this.words(subject)), field.value.length);
  }

  // --- an answer to one message, another text for a note ---

  answer(subject) {
    const { on } = this;
    on.turn("reply");
    const leg = subject.closest(".leg").dataset.leg;
    const way = this.ways.find(({ dataset }) => `${dataset.channel}|${dataset.address}` === leg);
    if (way && way !== on.choice) way.click();
    on.answersTarget.value = subject.dataset.message;
    const name = subject.querySelector("h3, .mail-who").textContent.trim();
    this.tell(say("answering", { name, text: this.words(subject).replace(/\s+/g, " ") }));
  }

  edit(note) {
    const { on } = this;
    on.turn("note");
    on.editing = note.dataset.note;
    on.textTarget.value = this.words(note);
    on.element.querySelector(".btn-note [data-words]").textContent = say("save_note");
    this.tell(say("editing"));
    on.check();
  }

  tell(words) {
    this.on.asideTarget.hidden = false;
    this.on.asideWordsTarget.textContent = words;
    this.on.textTarget.focus();
  }

  /** Lets go of the message that is answered, or of the note that is edited. */
  drop() {
    const { on } = this;
    on.answersTarget.value = "";
    on.asideTarget.hidden = true;
    if (!on.editing) return;
    on.editing = "";
    on.textTarget.value = on.draft("note");
    on.element.querySelector(".btn-note [data-words]").textContent = say("add_note");
    on.check();
  }

  async link(subject) {
    const { url } = document.getElementById("message-menu").dataset;
    const id = subject.dataset.message ?? subject.dataset.note;
    await navigator.clipboard?.writeText(`${url}?message=${id}#${subject.id}`);
    toast(say("copied"));
  }
}
