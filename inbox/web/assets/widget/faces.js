// The emoji beside the paper clip: a small panel over the field, put in where the caret is.

/** Makes the button open the panel, and the panel write into the field; Escape closes it, and not the chat. */
export const startFaces = () => {
  const [button, panel, text] = ["emoji", "faces", "text"].map((id) => document.getElementById(id));
  const show = (on) => {
    panel.hidden = !on;
    button.setAttribute("aria-expanded", on);
    (on ? panel.querySelector("button") : text).focus();
  };
  button.addEventListener("click", () => show(panel.hidden));
  panel.addEventListener("click", ({ target }) => {
    const face = target.closest("button");
    if (!face) return;
    text.setRangeText(face.textContent, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
    show(false);
  });
  panel.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key];
    if (step) [...panel.children][[...panel.children].indexOf(event.target) + step]?.focus();
    else if (event.key === "Escape") show(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
};
