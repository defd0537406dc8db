// The line over the composer while somebody else writes: a colleague an answer, or the customer.

import { Controller } from "@hotwired/stimulus";
import { faceOf } from "../lib/faces.js";
import { say } from "../lib/words.js";

const SILENT_MS = 7000; // as in inbox/live/presence.py: a sign is repeated more often

export default class extends Controller {
  static targets = ["face", "who", "words"];
  static values = { ticket: Number };

  connect() {
    this.heard = ({ detail }) => this.show(detail);
    this.came = ({ detail }) => {
      if (detail.fresh.some((item) => item.dataset.direction)) this.calm();
    };
    document.addEventListener("live:typing", this.heard);
    document.addEventListener("item:came", this.came);
  }

  disconnect() {
    document.removeEventListener("live:typing", this.heard);
    document.removeEventListener("item:came", this.came);
    clearTimeout(this.timer);
  }

  /** A colleague (`agent`, `kind` of the channel) or the customer (`name`). Who writes a note is not told. */
  show({ ticket, agent, name, mode, kind, over }) {
    if (ticket !== this.ticketValue || agent?.id === document.body.dataset.me) return;
    if (over || mode === "note") {
      if (agent?.id === this.writer) this.calm();
      return;
    }
    this.writer = agent?.id;
    const face = agent && faceOf(agent.id, "av-xs");
    this.faceTarget.replaceChildren(...(face ? [face] : []));
    this.whoTarget.textContent = agent ? agent.name.split(" ")[0] : "";
    this.wordsTarget.textContent = agent ? this.reply(kind) : say("customer_writing", { name });
    this.element.classList.toggle("soft", !agent);
    this.element.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.calm(), SILENT_MS);
  }

  reply(kind) {
    const key = `kind_${kind}`;
    const channel = say(key) === key ? kind : say(key);
    return channel ? say("writing_reply_on", { channel }) : say("writing_reply");
  }

  calm() {
    this.element.hidden = true;
  }
}
