// Light, dark or as the system; compact or comfortable lines. theme.js does the same before the first paint.

import { Controller } from "@hotwired/stimulus";

const dark = matchMedia("(prefers-color-scheme: dark)");

function stored(name, value) {
  if (value) localStorage.setItem(name, value);
  else localStorage.removeItem(name);
}

export default class extends Controller {
  static targets = ["choice", "density"];

  connect() {
    this.toggled = () => this.set(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    document.addEventListener("command:theme", this.toggled);
    this.draw();
  }

  disconnect() {
    document.removeEventListener("command:theme", this.toggled);
  }

  choose(event) {
    this.set(event.currentTarget.dataset.value);
  }

  set(theme) {
    stored("theme", theme);
    document.documentElement.dataset.theme = theme || (dark.matches ? "dark" : "light");
    this.draw();
  }

  dense() {
    const compact = document.documentElement.dataset.density !== "compact";
    stored("density", compact ? "compact" : "");
    document.documentElement.dataset.density = compact ? "compact" : "comfortable";
    this.draw();
  }

  draw() {
    const theme = localStorage.getItem("theme") ?? "";
    for (const choice of this.choiceTargets) choice.ariaPressed = String(choice.dataset.value === theme);
    for (const each of this.densityTargets)
      each.ariaPressed = String(document.documentElement.dataset.density === "compact");
  }
}
