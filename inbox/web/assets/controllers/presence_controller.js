// Who is here and who looks at what; and for the figures, that I am really working on the ticket that is open.

import { Controller } from "@hotwired/stimulus";
import { faceOf } from "../lib/faces.js";
import { emit } from "../lib/live.js";
import { say } from "../lib/words.js";

const BEAT_MS = 15_000;
const IDLE_MS = 60_000;
const PRESENCE_MS = 25_000;
const AWAY_MS = 300_000;

export default class extends Controller {
  connect() {
    this.ticket = null;
    this.active = Date.now();
    this.viewing = new Map();
    this.touched = () => {
      this.active = Date.now();
    };
    this.listeners = {
      "ticket:open": ({ detail }) => this.open(detail.ticket),
      "ticket:close": ({ detail }) => this.close(detail.ticket),
      "live:presence": ({ detail }) => this.states(detail.agents),
      "live:viewing": ({ detail }) => this.seen(detail),
      "live:joined": () => this.again(),
      visibilitychange: () => this.visible(),
      keydown: this.touched,
      pointerdown: this.touched,
      pointermove: this.touched,
      wheel: this.touched,
    };
    for (const [name, run] of Object.entries(this.listeners)) document.addEventListener(name, run, { passive: true });
    this.timers = [setInterval(() => this.beat(), BEAT_MS), setInterval(() => this.here(), PRESENCE_MS)];
  }

  disconnect() {
    for (const [name, run] of Object.entries(this.listeners)) document.removeEventListener(name, run);
    this.timers.forEach(clearInterval);
  }

  get looking() {
    return this.ticket !== null && !document.hidden;
  }

  open(ticket) {
    this.ticket = ticket;
    if (this.looking) emit("focus", { ticket });
    this.draw();
  }

  close(ticket) {
    if (this.ticket !== ticket) return;
    this.ticket = null;
    emit("blur", { ticket });
  }

  visible() {
    this.active = Date.now();
    if (this.ticket !== null) emit(document.hidden ? "blur" : "focus", { ticket: this.ticket });
    if (!document.hidden) this.here();
  }

  again() {
    this.here();
    if (this.looking) emit("focus", { ticket: this.ticket });
  }

  beat() {
    if (this.looking) emit("beat", { ticket: this.ticket, idle: Date.now() - this.active > IDLE_MS });
  }

  here() {
    emit("presence", { away: Date.now() - this.active > AWAY_MS });
  }

  states(agents) {
    for (const { id, state } of agents) {
      const name = CSS.escape(id);
      for (const dot of document.querySelectorAll(`[data-presence="${name}"]`)) dot.dataset.state = state;
      for (const word of document.querySelectorAll(`[data-presence-word="${name}"]`)) word.textContent = say(state);
    }
  }

  seen({ ticket, agents }) {
    this.viewing.set(
      ticket,
      agents.filter((agent) => agent.id !== this.element.dataset.me),
    );
    this.draw();
  }

  /** At most three faces, then "+2". */
  draw() {
    const place = document.querySelector("[data-viewers]");
    if (!place) return;
    const others = this.viewing.get(this.ticket) ?? [];
    const faces = others.slice(0, 3).map((agent) => {
      const face = faceOf(agent.id, "av-sm");
      return face ?? agent.name;
    });
    const rest = others.length > 3 ? [`+${others.length - 3}`] : [];
    place.replaceChildren(...faces, ...rest);
    place.title = others.length ? say("also_here", { names: others.map((agent) => agent.name).join(", ") }) : "";
  }
}
