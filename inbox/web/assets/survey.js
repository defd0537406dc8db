// The customer's page of a survey: each press is kept at once; without this script the button sends them all.

const form = document.querySelector("[data-survey]");
const said = document.querySelector("[data-said]");

async function keep({ target }) {
  if (target.type !== "radio") return;
  leave();
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams([[target.name, target.value]]),
    });
    said.textContent = answer.ok ? form.dataset.saved : form.dataset.failed;
    if (answer.ok) form.querySelector(".notice.info")?.remove();
  } catch {
    said.textContent = form.dataset.failed;
  }
}

// The score that the link chose is kept once somebody is there: a program that opens links for a look moves no pointer,
// touches nothing and presses no key.
const SIGNS = ["pointermove", "pointerdown", "touchstart", "wheel", "keydown"];
const here = ({ isTrusted }) => {
  const target = form.querySelector("input[type=radio]:checked");
  if (isTrusted && target) keep({ target });
};
const leave = () => {
  for (const sign of SIGNS) removeEventListener(sign, here);
};

form?.addEventListener("change", keep);
if (form?.hasAttribute("data-proposed")) for (const sign of SIGNS) addEventListener(sign, here, { passive: true });
