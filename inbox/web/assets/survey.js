// The customer's page of a survey: each press is kept at once; without this script the button sends them all.

const form = document.querySelector("[data-survey]");
const said = document.querySelector("[data-said]");
const notice = form?.querySelector(".notice.info");
let before = Promise.resolve();

/** One after the other: what was pressed last is also the last to arrive. */
const keep = ({ target }) => {
  if (target.type !== "radio") return;
  leave();
  const answer = new URLSearchParams([[target.name, target.value]]);
  before = before.then(() => send(answer));
};

async function send(answer) {
  try {
    const { ok } = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: answer });
    said.textContent = ok ? form.dataset.saved : form.dataset.failed;
    if (ok && notice) saved();
  } catch {
    said.textContent = form.dataset.failed;
  }
}

/** The notice says so in its own place: what is under a finger stays there until the finger is up. */
function saved() {
  notice.style.minHeight = `${notice.getBoundingClientRect().height}px`;
  notice.classList.replace("info", "ok");
  notice.querySelector("span").textContent = form.dataset.saved;
}

// The score that the link chose is kept once somebody is there: a program that opens links for a look moves no pointer,
// touches nothing, presses no key, and is gone at once.
const SIGNS = ["pointermove", "pointerdown", "touchstart", "wheel", "keydown"];
const STAYED_MS = 2_000;
let stay;
const choose = () => {
  const target = form.querySelector("input[type=radio]:checked");
  if (target) keep({ target });
};
const here = ({ isTrusted }) => isTrusted && choose();
const look = () => {
  clearTimeout(stay);
  if (!document.hidden) stay = setTimeout(choose, STAYED_MS);
};
const leave = () => {
  clearTimeout(stay);
  document.removeEventListener("visibilitychange", look);
  for (const sign of SIGNS) removeEventListener(sign, here);
};

form?.addEventListener("change", keep);
if (form?.hasAttribute("data-proposed")) {
  for (const sign of SIGNS) addEventListener(sign, here, { passive: true });
  document.addEventListener("visibilitychange", look);
  look();
}
