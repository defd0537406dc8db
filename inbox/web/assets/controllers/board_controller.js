// The live board: looks again when something happened, and gives a ticket to someone by menu, by key or by dragging.

import { Controller } from "@hotwired/stimulus";
import { toast } from "../lib/toasts.js";
import { say } from "../lib/words.js";

const QUIET_MS = 800; // at most one look in this time, however much happens
const SLOW_MS = 30_000; // and one look in this time even if nothing was told

export default class extends Controller {
  static targets = ["frame", "box", "form", "what", "lane", "card"];
  static values = { mayMove: Boolean };

  connect() {
    this.slow = setInterval(() => this.soon(), SLOW_MS);
    if (this.hasBoxTarget && this.boxTarget.open) {
      this.boxTarget.close();
      this.boxTarget.showModal();
    }
  }

  disconnect() {
    clearInterval(this.slow);
    clearTimeout(this.waiting);
  }

  /** Asks for the live part again; later while a ticket is being dragged, a menu is open or the page is hidden. */
  soon() {
    if (this.waiting) return;
    this.waiting = setTimeout(() => {
      this.waiting = null;
      if (this.lifted || (this.hasBoxTarget && this.boxTarget.open) || document.hidden) {
        this.soon();
        return;
      }
      if (this.frameTarget.src) this.frameTarget.reload();
      else this.frameTarget.src = this.frameTarget.dataset.src;
    }, QUIET_MS);
  }

  up() {
    this.badge("up");
    this.soon();
  }

  down() {
    this.badge("down");
  }

  badge(state) {
    for (const each of document.querySelectorAll("[data-live]")) each.hidden = each.dataset.live !== state;
  }

  // --- the menu ---

  open(event) {
    event.preventDefault();
    this.opener = event.currentTarget;
    this.show(event.params.ticket, event.params.name);
  }

  key(event) {
    if (event.key !== "a" || event.ctrlKey || event.metaKey || event.altKey || !this.mayMoveValue) return;
    if (document.body.dataset.singleKeys === "off") return;
    event.preventDefault();
    event.stopPropagation();
    event.currentTarget.querySelector("[aria-haspopup]").click();
  }

  show(ticket, name) {
    this.whatTarget.textContent = name;
    this.formTarget.action = this.address(ticket);
    const here = this.opener.closest("[data-board-target='lane']")?.dataset.agent;
    this.moving = { ticket, from: here };
    const choices = [...this.formTarget.querySelectorAll("button[name=agent]")];
    for (const choice of choices) choice.disabled = choice.value === here;
    this.boxTarget.showModal();
    choices.find((choice) => !choice.disabled)?.focus();
  }

  /** Arrow keys walk the menu; a click beside it closes it. */
  walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const choices = [...this.formTarget.querySelectorAll("button:not([disabled])")];
    const at = choices.indexOf(document.activeElement);
    choices.at((at + step) % choices.length)?.focus();
  }

  beside({ target }) {
    if (target === this.boxTarget) this.boxTarget.close();
  }

  closed() {
    const gone = !this.opener?.isConnected;
    if (!gone) this.opener?.focus();
  }

  /** Says who has the ticket now, with the way back to whoever had it. */
  sent({ detail }) {
    if (this.boxTarget.open) this.boxTarget.close();
    this.soon();
    const { success, formSubmission } = detail;
    const { ticket, from } = this.moving ?? {};
    this.moving = null;
    if (!success || !ticket) return;
    const name = this.lane(formSubmission.submitter?.value ?? "")?.dataset.name;
    const act = { label: say("undo"), run: () => this.give(ticket, from), name: "move-undo" };
    toast(say("moved_to", { name }), { ms: 10_000, act });
  }

  lane(agent) {
    return this.laneTargets.find((lane) => lane.dataset.agent === agent);
  }

  /** Gives a ticket to an agent, or to nobody. */
  give(ticket, agent) {
    this.formTarget.action = this.address(ticket);
    const choice = this.formTarget.querySelector(`button[name=agent][value="${CSS.escape(agent)}"]`);
    choice.disabled = false;
    this.formTarget.requestSubmit(choice);
  }

  // --- dragging: an extra, the menu does the same ---

  lift(event) {
    this.lifted = event.currentTarget;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", this.lifted.dataset.ticket);
    requestAnimationFrame(() => this.lifted?.classList.add("ghost"));
  }

  over(event) {
    const lane = event.target.closest("[data-board-target='lane']");
    if (!this.lifted || !lane) return;
    event.preventDefault();
    for (const each of this.laneTargets) each.classList.toggle("drop", each === lane && !lane.contains(this.lifted));
  }

  land(event) {
    const lane = event.target.closest("[data-board-target='lane']");
    if (!this.lifted || !lane || lane.contains(this.lifted)) return;
    event.preventDefault();
    const { ticket } = this.lifted.dataset;
    this.moving = { ticket, from: this.lifted.closest("[data-board-target='lane']").dataset.agent };
    lane.querySelector(".lane-b").prepend(this.lifted);
    this.give(ticket, lane.dataset.agent);
  }

  drop() {
    this.lifted?.classList.remove("ghost");
    this.lifted = null;
    for (const each of this.laneTargets) each.classList.remove("drop");
  }

  address(ticket) {
    return this.formTarget.dataset.url.replace(/\/0(?=\/|$)/, `/${ticket}`);
  }
}
