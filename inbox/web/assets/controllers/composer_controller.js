// The composer: reply or note, by which channel, what it may hold, and sending it so that nothing is lost or doubled.

import { Controller } from "@hotwired/stimulus";
import { draft, keep, newer } from "../lib/drafts.js";
import { Files } from "../lib/files.js";
import { newKey } from "../lib/keys.js";
import { emit } from "../lib/live.js";
import { send } from "../lib/outbox.js";
import { showPending } from "../lib/pending.js";
import { say } from "../lib/words.js";

const SIGN_MS = 3000;
const LEFT_MS = 300_000;
/** A variable that nobody has filled: as the desk knows them (inbox/actions/variables.py). */
const GAP = /\{(?:customer|agent|ticket|desk)\.[a-z_]+\}/;

export default class extends Controller {
  static targets = [
    "channel",
    "address",
    "key",
    "seen",
    "tab",
    "mark",
    "kind",
    "label",
    "meter",
    "bar",
    "length",
    "parts",
    "price",
    "text",
    "files",
    "error",
    "input",
    "plain",
    "saved",
    "send",
    "sendWords",
    "later",
    "choices",
    "offers",
    "cannedOne",
    "answers",
    "kept",
    "aside",
    "asideWords",
  ];
  static values = {
    ...{ ticket: Number, replyUrl: String, noteUrl: String, name: String, agent: String, after: String },
    ...{ blind: Array, draftUrl: String, fileUrl: String, emoji: String, about: String },
  };

  connect() {
    this.signedAt = 0;
    this.typedAt = Date.now();
    this.signs = setInterval(() => this.sign(true), 1000);
    this.files = new Files(this);
    this.editing = "";
    this.pressed = ({ target }) => this.about(target.closest?.("[data-about]"));
    this.pane.addEventListener("click", this.pressed);
    this.given = ({ detail }) => {
      if (detail.ticket === this.ticketValue) this.takeBack(detail);
    };
    this.proposed = ({ detail }) => {
      if (detail.ticket === this.ticketValue) this.propose(detail.text);
    };
    document.addEventListener("draft:back", this.given);
    document.addEventListener("composer:insert", this.proposed);
    const kept = localStorage.getItem("then");
    if (kept !== null && this.hasSendTarget) this.setThen(kept);
    if (!this.textTarget.value) this.textTarget.value = this.draft(this.kindOf);
    for (const field of this.fields) this.bring(field);
    this.files.restore(Object.values(this.kept).flatMap(({ files }) => files));
    this.check();
    if (this.textTarget.value) this.tools();
  }

  disconnect() {
    document.removeEventListener("draft:back", this.given);
    document.removeEventListener("composer:insert", this.proposed);
    this.pane.removeEventListener("click", this.pressed);
    clearInterval(this.signs);
    this.writing?.end();
    this.keep();
  }

  /** What most answers do without comes when somebody begins to write, or asks for it; null while the line is down. */
  tools() {
    this.loading ??= import("../lib/writing.js")
      .then(({ Writing }) => new Writing(this))
      .catch(() => {
        this.loading = undefined;
        return null;
      });
    return this.loading;
  }

  async about(button) {
    if (!button) return;
    const writing = await this.tools();
    writing?.about(button);
  }

  /** The drafts that the desk had when this page was made, by kind. */
  get kept() {
    return this.hasKeptTarget ? JSON.parse(this.keptTarget.textContent) : {};
  }

  /** Of this browser's and the desk's draft the newer one. */
  draft(kind) {
    return newer(this.place, kind, this.kept[kind]);
  }

  /** Where its drafts are: at its ticket, or at whom a first message was begun to. */
  get place() {
    return this.ticketValue || `new ${this.aboutValue}`;
  }

  /** What belongs to the draft of a first message beside its text. */
  get fields() {
    return this.element.querySelectorAll("[data-draft]");
  }

  bring(field) {
    const { value } = field;
    if (!value || field.matches("select")) field.value = this.draft(field.name) || value;
    if (!field.value) field.value = value;
  }

  /** The frame of the text: of a first message a part of its form. */
  get box() {
    return this.element.querySelector(".composer") ?? this.element;
  }

  /** "reply" or "note". */
  get kindOf() {
    return this.element.classList.contains("is-note") ? "note" : "reply";
  }

  /** The chosen entry of the channel menu, or null. */
  get choice() {
    const chosen = this.hasChoicesTarget && this.choicesTarget.selectedOptions?.[0];
    if (chosen) return chosen;
    return this.hasChoicesTarget ? this.choicesTarget.querySelector('[aria-pressed="true"]') : null;
  }

  get pane() {
    return this.element.closest('[data-controller~="thread"]') ?? this.element.parentElement;
  }

  get thread() {
    return this.application.getControllerForElementAndIdentifier(this.pane, "thread");
  }

  // --- kinds ---

  mode(event) {
    this.turn(event.currentTarget.dataset.mode);
    this.textTarget.focus();
  }

  tabKey(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    const other = this.tabTargets.find((tab) => tab !== event.currentTarget && !tab.disabled);
    if (other) this.turn(other.dataset.mode);
    other?.focus();
  }

  /** Reply or note: each keeps its own text. */
  turn(kind) {
    if (kind === this.kindOf) return;
    this.keep();
    this.writing?.drop();
    this.element.classList.toggle("is-note", kind === "note");
    this.element.action = kind === "note" ? this.noteUrlValue : this.replyUrlValue;
    for (const tab of this.tabTargets) tab.ariaSelected = String(tab.dataset.mode === kind);
    this.textTarget.value = this.draft(kind);
    this.textTarget.placeholder = say(kind === "note" ? "note_place" : "reply_place");
    this.check();
  }

  choose(event) {
    const item = event.currentTarget;
    for (const each of this.choicesTarget.querySelectorAll(".menu-i")) each.ariaPressed = String(each === item);
    this.channelTarget.value = item.dataset.channel;
    this.addressTarget.value = item.dataset.address;
    this.markTarget.replaceChildren(item.querySelector(".ch").cloneNode(true));
    this.kindTarget.textContent = item.dataset.kindWord;
    this.labelTarget.textContent = item.dataset.label;
    this.check();
    setTimeout(() => this.textTarget.focus());
  }

  setThen(then) {
    this.afterValue = then;
    this.sendTarget.value = then;
    this.sendWordsTarget.textContent = say({ pending: "send_pending", resolve: "send_resolve" }[then] ?? "send");
  }

  // --- writing ---

  typed() {
    this.writing?.typed();
    this.keep();
    this.savedTarget.textContent = "";
    this.check();
    this.typedAt = Date.now();
    this.sign(false);
  }

  /** Another field of the draft. */
  async noted() {
    this.keep();
    this.check();
    (await this.tools())?.later();
  }

  /** Others see who writes: at a key, and `still` while the caret stands in what has not left, until it is left alone. */
  sign(still) {
    const now = Date.now();
    const field = this.textTarget;
    const left = still && (document.hidden || document.activeElement !== field || now - this.typedAt > LEFT_MS);
    const over = left || !field.value.trim();
    if (!this.ticketValue) return;
    if (over ? !this.signedAt : now - this.signedAt < SIGN_MS) return;
    const { ticketValue: ticket, kindOf: mode } = this;
    const said = emit("typing", { ticket, mode, kind: this.choice?.dataset.kind, still, over });
    if (said) this.signedAt = over ? 0 : now;
  }

  keep() {
    if (this.editing || this.left) return;
    keep(this.place, this.kindOf, this.textTarget.value);
    for (const { name, value } of this.fields) keep(this.place, name, value);
  }

  key(event) {
    if (event.isComposing || this.writing?.key(event)) return;
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.once = event.shiftKey;
    const how = this.kindOf === "note" ? ".btn-note" : event.shiftKey ? '[data-run="send-resolve"]' : ".btn-primary";
    this.element.requestSubmit(this.element.querySelector(how));
    this.once = false;
  }

  /** A macro's text, after what is written already. */
  propose(text) {
    this.turn("reply");
    const field = this.textTarget;
    field.setSelectionRange(field.value.length, field.value.length);
    this.write(field.value.trim() ? `\n\n${text}` : text);
  }

  /** Puts a text where the caret is; a variable that nobody has filled is selected, for it has to be. */
  write(text, from = this.textTarget.selectionStart) {
    const field = this.textTarget;
    field.focus();
    field.setRangeText(text, from, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    this.showGap(text, from);
  }

  showGap(text, from = 0) {
    const gap = text.match(GAP);
    if (gap) this.textTarget.setSelectionRange(from + gap.index, from + gap.index + gap[0].length);
    return gap;
  }

  // --- what the channel takes ---

  /** Draws length, price and what does not fit; returns the sentence that stands in the way, or "". */
  check() {
    const reply = this.kindOf === "reply";
    const limits = reply ? this.choice?.dataset : null;
    const measured = this.writing?.measure(limits);
    if (reply) this.files.mark(limits);
    const gap = reply && this.textTarget.value.replace(this.ticketValue ? "" : "{ticket.number}", "").match(GAP);
    const empty = gap ? say("fill_first", { name: gap[0] }) : "";
    const wrong = empty || (reply && this.files.wrong(limits)) || measured?.wrong || "";
    this.errorTarget.hidden = !wrong;
    this.errorTarget.textContent = wrong;
    return wrong;
  }

  // --- sending ---

  send(event) {
    event.preventDefault();
    const kind = event.submitter?.matches(".btn-note") ? "note" : this.kindOf;
    const text = this.textTarget.value.trim();
    const files = this.files.list;
    if (this.check() || (!text && !files.length)) {
      this.textTarget.focus();
      if (kind === "reply") this.showGap(this.textTarget.value);
      return;
    }
    const { once } = this;
    const leave = (reason) => {
      this.once = once;
      this.go(kind, text, files, event.submitter, reason);
      this.once = false;
    };
    const asked = kind === "reply" && this.ends(event.submitter) === "resolve";
    if (!asked || !this.thread?.ask(leave, this.sendTarget)) leave();
  }

  /** What is to become of the ticket. */
  ends(submitter) {
    return submitter?.name === "then" ? submitter.value : this.afterValue;
  }

  /** The enter key in the field for an hour means that hour, not "send now". */
  typedHour(event) {
    event.preventDefault();
    this.element.requestSubmit(this.laterTarget);
  }

  go(kind, text, files, submitter, reason) {
    const key = newKey();
    this.keyTarget.value = key;
    this.seenTarget.value = Math.max(this.thread?.seen ?? 0, Number(this.seenTarget.value));
    const then = this.ends(submitter);
    const hour = submitter?.name === "send_at" ? submitter.value : "";
    const body = new FormData(this.element);
    body.delete("files");
    this.files.into(body);
    body.set("text", text);
    if (kind === "reply") body.set("then", then);
    if (reason) body.set("reason", reason);
    if (hour) body.set("send_at", hour);
    if (submitter?.closest("#send-menu")) document.getElementById("send-menu").hidePopover();
    // What is chosen in the menu becomes the button's own action; the key for this one time and an hour do not.
    if (submitter?.closest("#send-menu") && !this.once && !hour && !("once" in submitter.dataset)) {
      localStorage.setItem("then", then);
      this.setThen(then);
    }
    const choice = this.choice?.dataset;
    const log = this.thread?.logTarget;
    const edited = this.editing;
    if (log && !edited) showPending(log, { key, kind, text, files, agent: this.agentValue, choice });
    this.empty();
    send({
      key,
      kind,
      text,
      files,
      body,
      url: edited ? `/notes/${edited}` : kind === "note" ? this.noteUrlValue : this.replyUrlValue,
      ticket: this.ticketValue,
      mode: kind,
      channel: choice?.kindWord ?? "",
      name: this.nameValue,
    });
  }

  empty() {
    this.textTarget.value = "";
    this.savedTarget.textContent = "";
    this.files.clear();
    this.writing?.sent();
    if (!this.editing) keep(this.place, this.kindOf, "");
    for (const kept of this.keptTargets) kept.remove();
    this.writing?.drop();
    document.getElementById(`moved-${this.ticketValue}`)?.replaceChildren();
    this.check();
    this.textTarget.focus({ preventScroll: true });
  }

  // --- a first message: the form itself leaves, and its ticket comes ---

  begin(event) {
    if (!this.check() && (this.textTarget.value.trim() || this.files.list.length)) return;
    event.preventDefault();
    this.textTarget.focus();
    this.showGap(this.textTarget.value);
  }

  fill({ formData }) {
    formData.delete("files");
    this.files.into(formData);
  }

  begun({ detail }) {
    if (!detail.success) return;
    this.left = true;
    this.writing?.sent();
    for (const name of [this.kindOf, ...[...this.fields].map((field) => field.name)]) keep(this.place, name, "");
  }

  takeBack({ mode, files }) {
    this.turn(mode);
    this.textTarget.value = draft(this.ticketValue, mode);
    if (files.length) this.files.add(files);
    this.check();
  }
}
