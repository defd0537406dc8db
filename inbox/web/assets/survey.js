// The customer's page of a survey: each press is kept at once; without this script the button sends them all.

const form = document.querySelector("[data-survey]");
const said = document.querySelector("[data-said]");

async function keep({ target }) {
  if (target.type !== "radio") return;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams([[target.name, target.value]]),
    });
    said.textContent = answer.ok ? form.dataset.saved : form.dataset.failed;
  } catch {
    said.textContent = form.dataset.failed;
  }
}

form?.addEventListener("change", keep);
