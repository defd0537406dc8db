// What stands before the talk: the visitor's consent, and what they are asked before the first message.

const by = (id) => document.getElementById(id);
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Shows or hides the place to write. */
const composer = (on) => {
  by("form").hidden = !on;
};

/** Puts the focus where the visitor goes on. */
export const focusIn = () => {
  const next = ["agree", "before", "text"].map(by).find((each) => each && !each.closest("[hidden]"));
  (next?.querySelector?.("input, select") || next)?.focus();
};

/** Resolves once the visitor has agreed to `text`; at once where nothing is asked. Until then nothing is stored. */
export const consented = ({ memory, text, state, leave }) => {
  if (!text || memory.consent === text) return Promise.resolve();
  by("consent").hidden = false;
  composer(false);
  if (state.open) focusIn();
  by("later").addEventListener("click", leave);
  return new Promise((resolve) => {
    by("agree").addEventListener("click", () => {
      memory.agree(text);
      by("consent").hidden = true;
      composer(true);
      resolve();
      focusIn();
    });
  });
};

/** Asks for name, address and topic where the channel wants them and nothing was written yet; fills `state.before`. */
export const startBefore = ({ memory, words, state }) => {
  const form = by("before");
  if (!form || memory.entered) return;
  form.hidden = false;
  composer(false);
  if (state.open) focusIn();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = [...form.querySelectorAll("input, select")];
    for (const each of fields) {
      const value = each.value.trim();
      each.setAttribute("aria-invalid", String(!value || (each.type === "email" && !ADDRESS.test(value))));
    }
    const wrong = fields.find((each) => each.getAttribute("aria-invalid") === "true");
    by("before-error").hidden = !wrong;
    if (wrong) {
      by("before-error").textContent = wrong.value.trim() ? words.email_wrong : words.fill_in;
      wrong.focus();
      return;
    }
    state.before = Object.fromEntries(fields.map((each) => [each.name, each.value.trim()]));
    entered();
    focusIn();
  });
};

/** What the site knows of the visitor needs no typing. */
export const prefill = (known) => {
  for (const name of ["name", "email"]) {
    const field = by(`b-${name}`);
    if (field && !field.value) field.value = known[name] || "";
  }
};

/** Nothing is asked any more: the visitor is known. */
export const entered = () => {
  const form = by("before");
  if (form) form.hidden = true;
  composer(true);
};
