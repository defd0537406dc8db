// The composer: reply or note, by which channel, what it may hold, and sending it so that nothing is lost or doubled.

import { Controller } from "@hotwired/stimulus";
import { CannedList } from "../lib/canned.js";
import { draft, keep } from "../lib/drafts.js";
import { Files } from "../lib/files.js";
import { Gauge } from "../lib/gauge.js";
import { newKey } from "../lib/keys.js";
import { emit } from "../lib/live.js";
import { meter } from "../lib/meter.js";
import { send } from "../lib/outbox.js";
import { showPending } from "../lib/pending.js";
import { plain } from "../lib/sms.js";
import { say } from "../lib/words.js";

const TYPING_MS = 3000;
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
    "cannedMenu",
    "cannedList",
    "cannedOne",
  ];
  static values = { ticket: Number, replyUrl: String, noteUrl: String, name: String, agent: String, after: String };

  connect() {
    this.typedAt = 0;
    this.files = new Files(this);
    this.gauge = new Gauge(this);
    this.list = this.hasCannedMenuTarget ? new CannedList(this) : null;
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
    if (!this.textTarget.value) this.textTarget.value = draft(this.ticketValue, this.kindOf);
    this.check();
  }

  disconnect() {
    document.removeEventListener("draft:back", this.given);
    document.removeEventListener("composer:insert", this.proposed);
    this.keep();
  }

  /** "reply" or "note". */
  get kindOf() {
    return this.element.classList.contains("is-note") ? "note" : "reply";
  }

  /** The chosen entry of the channel menu, or null. */
  get choice() {
    return this.hasChoicesTarget ? this.choicesTarget.querySelector('[aria-pressed="true"]') : null;
  }

  get thread() {
    const pane = this.element.closest('[data-controller~="thread"]');
    return this.application.getControllerForElementAndIdentifier(pane, "thread");
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
    keep(this.ticketValue, this.kindOf, this.textTarget.value);
    this.element.classList.toggle("is-note", kind === "note");
    this.element.action = kind === "note" ? this.noteUrlValue : this.replyUrlValue;
    for (const tab of this.tabTargets) tab.ariaSelected = String(tab.dataset.mode === kind);
    this.textTarget.value = draft(this.ticketValue, kind);
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
    this.list?.typed();
    const kept = keep(this.ticketValue, this.kindOf, this.textTarget.value);
    this.savedTarget.textContent = kept && this.textTarget.value.trim() ? say("draft_saved") : "";
    this.check();
    if (Date.now() - this.typedAt < TYPING_MS || !this.textTarget.value.trim()) return;
    this.typedAt = Date.now();
    emit("typing", { ticket: this.ticketValue, mode: this.kindOf, kind: this.choice?.dataset.kind });
  }

  keep() {
    keep(this.ticketValue, this.kindOf, this.textTarget.value);
  }

  key(event) {
    if (event.isComposing || this.list?.key(event)) return;
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.once = event.shiftKey;
    const how =
      this.kindOf === "note"
        ? ".btn-note"
        : event.shiftKey
          ? '[data-run="send-resolve"]'
          : '[data-composer-target="send"]';
    this.element.requestSubmit(this.element.querySelector(how));
    this.once = false;
  }

  canned() {
    this.list?.open();
  }

  plain() {
    this.textTarget.value = plain(this.textTarget.value);
    this.typed();
    this.textTarget.focus();
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

  /** Puts a canned reply in the place of what led to it. */
  insert(text) {
    if (this.list.typedLength) this.textTarget.setSelectionRange(0, this.list.typedLength);
    this.write(text);
  }

  // --- what the channel takes ---

  /** Draws length, price and what does not fit; returns the sentence that stands in the way, or "". */
  check() {
    const reply = this.kindOf === "reply";
    const limits = reply ? this.choice?.dataset : null;
    const measured = meter(this.textTarget.value, limits);
    this.gauge.draw(measured, limits);
    if (reply) this.files.mark(limits);
    const gap = reply && this.textTarget.value.match(GAP);
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
    this.go(kind, text, files, event.submitter);
  }

  /** The enter key in the field for an hour means that hour, not "send now". */
  typedHour(event) {
    event.preventDefault();
    this.element.requestSubmit(this.laterTarget);
  }

  go(kind, text, files, submitter) {
    const key = newKey();
    this.keyTarget.value = key;
    this.seenTarget.value = Math.max(this.thread?.seen ?? 0, Number(this.seenTarget.value));
    const then = submitter?.name === "then" ? submitter.value : this.afterValue;
    const hour = submitter?.name === "send_at" ? submitter.value : "";
    const body = new FormData(this.element);
    body.delete("files");
    for (const file of files) body.append("files", file);
    body.set("text", text);
    if (kind === "reply") body.set("then", then);
    if (hour) body.set("send_at", hour);
    if (submitter?.closest("#send-menu")) document.getElementById("send-menu").hidePopover();
    // What is chosen in the menu becomes the button's own action; the key for this one time and an hour do not.
    if (submitter?.closest("#send-menu") && !this.once && !hour) {
      localStorage.setItem("then", then);
      this.setThen(then);
    }
    const choice = this.choice?.dataset;
    const log = this.thread?.logTarget;
    if (log) showPending(log, { key, kind, text, files, agent: this.agentValue, choice });
    this.empty();
    send({
      key,
      kind,
      text,
      files,
      body,
      url: kind === "note" ? this.noteUrlValue : this.replyUrlValue,
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
    keep(this.ticketValue, this.kindOf, "");
    document.getElementById(`moved-${this.ticketValue}`)?.replaceChildren();
    this.check();
    this.textTarget.focus({ preventScroll: true });
  }

  takeBack({ mode, files }) {
    this.turn(mode);
    this.textTarget.value = draft(this.ticketValue, mode);
    if (files.length) this.files.add(files);
    this.check();
  }
}
