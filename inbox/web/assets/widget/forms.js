// Where the visitor writes: the message, and the address for an answer by mail.

import { startFiles } from "./files.js";

const TALLEST = 120;
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

const by = (id) => document.getElementById(id);

/** Makes the two forms work. */
export const startForms = ({ talk, words, site, memory, mb }) => {
  const field = by("text");
  let files = { ready: () => null, take: () => [] };
  const may = () => files.ready() ?? Boolean(field.value.trim());

  const grow = () => {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, TALLEST)}px`;
    by("go").setAttribute("aria-disabled", String(!may()));
  };

  by("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!may()) return;
    talk.write(field.value.trim(), files.take());
    field.value = "";
    grow();
    field.focus();
  });
  field.addEventListener("input", () => {
    grow();
    if (field.value) talk.typing();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    by("form").requestSubmit();
  });
  files = startFiles({ site, memory, words, mb, changed: grow });
  grow();
  by("writes").disabled = false;

  by("ask").addEventListener("submit", async (event) => {
    event.preventDefault();
    const box = by("email");
    const address = box.value.trim();
    const wrong = ADDRESS.test(address) ? await talk.leave(address) : "wrong";
    const says = { line: words.email_line, wrong: words.email_wrong, "": "" }[wrong];
    by("email-error").textContent = says;
    by("email-error").hidden = !says;
    box.setAttribute("aria-invalid", String(Boolean(says)));
    if (says) box.focus();
    else by("text").focus();
  });
};
