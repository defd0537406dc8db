// The open ticket: where it is scrolled to, what was seen of it, who else is writing in it.

import { Controller } from "@hotwired/stimulus";
import { visit } from "@hotwired/turbo";
import { newKey } from "../lib/keys.js";
import { isMine } from "../lib/outbox.js";
import { refetch } from "../lib/refetch.js";
import { piece } from "../lib/streams.js";
import { toast } from "../lib/toasts.js";
import { say } from "../lib/words.js";

const READ_MS = 1000;
const SEEN_MS = 2000;
const EDGE = 48;

export default class extends Controller {
  static targets = ["log", "pill", "regroup", "count"];
  static values = { ticket: Number, readUrl: String, url: String };

  connect() {
    this.fresh = 0;
    this.listeners = {
      "item:coming": ({ detail }) => this.coming(detail.log),
      "item:came": ({ detail }) => this.came(detail),
      "page:refetched": () => this.bottom(),
      "thread:again": () => refetch().catch(() => {}),
      "ticket:went": ({ detail }) => this.went(detail),
      visibilitychange: () => this.visible(),
    };
    for (const [name, run] of Object.entries(this.listeners)) document.addEventListener(name, run);
    this.seen = this.latestId();
    this.followed = true;
    this.sizes = new ResizeObserver(() => {
      if (this.followed) this.logTarget.scrollTop = this.logTarget.scrollHeight;
    });
    this.sizes.observe(this.logTarget);
    document.title = document.title.replace(
      /^(\(\d+\) )?.*( · )/,
      (_, n = "", dot) => `${n}${this.element.dataset.title}${dot}`,
    );
    document.dispatchEvent(new CustomEvent("ticket:open", { detail: { ticket: this.ticketValue } }));
    const line = this.named() ?? this.logTarget.querySelector("[data-new]");
    if (line) line.scrollIntoView({ block: "center" });
    else this.bottom();
    this.visible();
  }

  disconnect() {
    for (const [name, run] of Object.entries(this.listeners)) document.removeEventListener(name, run);
    for (const timer of [this.readTimer, this.seenTimer]) clearTimeout(timer);
    this.sizes.disconnect();
    document.dispatchEvent(new CustomEvent("ticket:close", { detail: { ticket: this.ticketValue } }));
  }

  // --- reading ---

  get atBottom() {
    const { scrollHeight, scrollTop, clientHeight } = this.logTarget;
    return scrollHeight - scrollTop - clientHeight < EDGE;
  }

  bottom() {
    this.logTarget.scrollTop = this.logTarget.scrollHeight;
    this.forget();
  }

  latest() {
    this.logTarget.scrollTo({ top: this.logTarget.scrollHeight, behavior: "smooth" });
    this.forget();
  }

  scrolled() {
    this.followed = this.atBottom;
    if (this.followed) this.forget();
  }

  forget() {
    this.fresh = 0;
    this.pillTarget.hidden = true;
    this.look();
  }

  coming(log) {
    if (log === this.logTarget) this.followed = this.atBottom;
  }

  came({ log, fresh }) {
    if (log !== this.logTarget || !fresh.length) return;
    const mine = fresh.some((item) => isMine(item.id.replace(/^msg-/, "")));
    const messages = fresh.filter((item) => item.matches(".msg, .mail, .note"));
    if (this.followed || mine) {
      this.bottom();
      this.visible();
    } else if (messages.length) {
      this.fresh += messages.length;
      this.pillTarget.querySelector("[data-words]").textContent = say(
        this.fresh === 1 ? "new_message" : "new_messages",
        { n: this.fresh },
      );
      this.pillTarget.hidden = false;
    }
  }

  latestId() {
    return Math.max(
      0,
      ...[...this.logTarget.querySelectorAll("[data-message]")].map((each) => Number(each.dataset.message)),
    );
  }

  /** What is on the screen counts as seen: at once while nothing is being written, else after two seconds. */
  look() {
    clearTimeout(this.seenTimer);
    if (document.hidden || this.pillTarget.hidden === false) return;
    const see = () => {
      this.seen = Math.max(this.seen ?? 0, this.latestId());
    };
    if (this.element.querySelector(".composer textarea")?.value.trim()) this.seenTimer = setTimeout(see, SEEN_MS);
    else see();
  }

  visible() {
    clearTimeout(this.readTimer);
    if (document.hidden) return;
    this.look();
    this.readTimer = setTimeout(() => this.read(), READ_MS);
  }

  async read() {
    const body = new FormData();
    body.set("csrf_token", document.querySelector('meta[name="csrf-token"]').content);
    body.set("message", String(this.latestId()));
    try {
      const headers = { Accept: "text/vnd.turbo-stream.html" };
      const answer = await fetch(this.readUrlValue, { method: "POST", body, headers });
      if (answer.ok) document.dispatchEvent(new CustomEvent("ticket:read", { detail: { ticket: this.ticketValue } }));
    } catch {
      this.readTimer = setTimeout(() => this.visible(), 10_000);
    }
  }

  /** The message that the address names. */
  named() {
    const { hash } = location;
    return hash.startsWith("#msg-") ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
  }

  /** To the message that another one answers, if it is here; else the page with it. */
  jump(event) {
    const found = document.getElementById(event.currentTarget.hash.slice(1));
    if (!found) return;
    event.preventDefault();
    const fold = found.querySelector("details.fold, .mail > details");
    if (fold) fold.open = true;
    found.scrollIntoView({ block: "center", behavior: "smooth" });
    found.animate?.([{ opacity: 0.3 }, { opacity: 1 }], { duration: 900 });
  }

  // --- doing ---

  /** Where the desk asks for a reason, its menu opens first. */
  resolve(event) {
    if (!this.ask()) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Opens the menu of reasons; `run` gets the one that is chosen. False where the desk asks for none. */
  ask(run, from) {
    const menu = document.getElementById("resolve-menu");
    if (!menu) return false;
    for (const open of document.querySelectorAll("[popover]:popover-open")) open.hidePopover();
    const [button, more] = ['[data-run="resolve"]', '[popovertarget="more-menu"]'].map((each) =>
      this.element.querySelector(each),
    );
    const anchor = from ?? (button?.checkVisibility() ? button : more);
    this.application.getControllerForElementAndIdentifier(menu, "menu").openFrom(anchor);
    if (run) {
      const chosen = (event) => {
        event.preventDefault();
        run(event.submitter.value);
      };
      menu.addEventListener("submit", chosen, true);
      menu.addEventListener("beforetoggle", () => menu.removeEventListener("submit", chosen, true), { once: true });
    }
    return true;
  }

  async copy(event) {
    const { url } = event.currentTarget.dataset;
    await navigator.clipboard?.writeText(url);
    toast(say("copied"));
  }

  /** The ticket was merged into another one: there, unless something is being written here. */
  went({ pane, href, words, label }) {
    if (pane !== this.element) return;
    const go = () => visit(href, { frame: "thread" });
    if (this.element.querySelector(".composer textarea")?.value.trim()) {
      toast(words, { ms: 60_000, act: { label, run: go } });
    } else {
      toast(words);
      go();
    }
  }

  /** Each run of a macro is one of its own; what it sends knows what was seen, as an answer does. */
  macro({ target }) {
    target.elements.client_key.value = newKey();
    target.elements.seen.value = Math.max(this.seen, Number(this.element.querySelector(".composer [name=seen]").value));
  }

  // --- splitting and moving ---

  choose() {
    this.regroupTarget.hidden = false;
    this.element.classList.add("choosing");
    this.picked();
    this.logTarget.querySelector(".pick input")?.focus({ preventScroll: true });
  }

  unchoose() {
    this.regroupTarget.hidden = true;
    this.element.classList.remove("choosing");
    for (const box of this.logTarget.querySelectorAll(".pick input")) box.checked = false;
  }

  picked() {
    const n = this.logTarget.querySelectorAll(".pick input:checked").length;
    this.countTarget.textContent = n ? say("selected", { n }) : say("choose_messages");
  }

  /** The pictures of elsewhere, this once. */
  pictures(event) {
    event.preventDefault();
    const link = event.currentTarget;
    const frame = link.closest(".mail-b").querySelector(".mail-frame");
    if (frame) frame.src = link.href;
    link.closest(".pictures").remove();
  }

  original(event) {
    event.preventDefault();
    const link = event.currentTarget;
    const frame = piece("t-frame");
    frame.src = link.href;
    const body = link.closest(".mail-b");
    body.querySelector(".prose")?.remove();
    link.replaceWith(frame);
  }

  showNew() {
    this.latest();
    this.seen = this.latestId();
  }

  sendAnyway(event) {
    event.preventDefault();
    this.seen = Math.max(this.latestId(), Number(event.currentTarget.value));
    event.currentTarget.closest(".moved").remove();
    this.element.querySelector(".composer").requestSubmit();
  }
}
