// What surrounds every page: drawer, palette, list of keys, the line's banner, figures in the sidebar, the tab's title.

import { Controller } from "@hotwired/stimulus";
import { retry } from "../lib/live.js";
import { queued } from "../lib/outbox.js";
import { refetch } from "../lib/refetch.js";
import { toast } from "../lib/toasts.js";
import { say } from "../lib/words.js";

export default class extends Controller {
  connect() {
    const mac = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);
    if (mac) for (const key of this.element.querySelectorAll("[data-mod]")) key.textContent = "⌘";
    this.listeners = {
      "live:down": () => this.banner(true),
      "live:up": () => this.banner(false),
      "live:reload": () => this.reload(),
      "live:refused": ({ detail }) =>
        toast(detail.error, { bad: true, ms: 60_000, act: { label: say("reload"), run: () => location.reload() } }),
      "live:counts": ({ detail }) => this.counts(detail),
      "outbox:changed": () => this.words(),
      "turbo:frame-missing": (event) => this.strayed(event),
      "ticket:open": () => this.title(),
      "ticket:close": () => this.title(),
    };
    for (const [name, run] of Object.entries(this.listeners)) document.addEventListener(name, run);
    this.title();
    navigator.serviceWorker?.register(this.element.dataset.worker).catch(() => {}); // none where storage is closed
  }

  disconnect() {
    for (const [name, run] of Object.entries(this.listeners)) document.removeEventListener(name, run);
  }

  palette(event) {
    const dialog = document.getElementById("palette");
    if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    dialog.showModal();
  }

  shortcuts() {
    document.getElementById("shortcuts")?.showModal();
  }

  drawer(event) {
    const side = document.getElementById("side");
    const open = !side.classList.contains("open") && !event?.currentTarget.matches(".drawer-scrim");
    side.classList.toggle("open", open);
    document.querySelector(".drawer-scrim").hidden = !open;
    for (const button of document.querySelectorAll('[aria-controls="side"]')) button.ariaExpanded = String(open);
    if (open) side.querySelector("a").focus();
  }

  retry() {
    retry();
  }

  banner(on) {
    const banner = document.getElementById("offline");
    if (banner) banner.hidden = !on;
    this.words();
  }

  words() {
    const n = queued();
    const place = document.querySelector("[data-offline-words]");
    if (place) place.textContent = say(n === 0 ? "writing_kept" : n === 1 ? "queued_one" : "queued_many", { n });
  }

  async reload() {
    await refetch().catch(() =>
      toast(say("load_failed"), { bad: true, act: { label: say("retry"), run: () => this.reload() } }),
    );
  }

  counts(figures) {
    const bell = document.querySelector('[data-count="notices"]');
    if (bell && Number(bell.textContent) !== figures.notices)
      document.dispatchEvent(new CustomEvent("live:notices", { detail: figures.notices }));
    const said = document.querySelector('[data-count="mentions"]');
    const fresh = figures.mentions > Number(said?.textContent);
    if (fresh && document.querySelector('[data-list-filter-value*="mention"]')) this.reload(); // there the new one belongs
    for (const element of document.querySelectorAll("[data-count]")) {
      if (!(element.dataset.count in figures)) continue;
      const n = figures[element.dataset.count];
      element.textContent = n || element.dataset.zero || "";
      if (element.matches(".count")) element.hidden = !n;
    }
    if ("needs_me" in figures) this.element.dataset.needs = figures.needs_me;
    this.title();
  }

  /** A frame got a page without its part: signed out, or an error. Then that page is shown. */
  strayed(event) {
    event.preventDefault();
    event.detail.visit(event.detail.response);
  }

  title() {
    const n = Number(this.element.dataset.needs);
    const bare = document.title.replace(/^\(\d+\) /, "");
    const title = n ? `(${n}) ${bare}` : bare;
    if (document.title !== title) document.title = title;
  }
}
