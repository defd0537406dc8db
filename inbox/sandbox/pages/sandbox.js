// Keeps the conversation fresh while the page is looked at, and shows times as the reader's clock has them.
const talk = document.querySelector("[data-refresh]");

function localTimes() {
  for (const time of talk.querySelectorAll("time")) {
    time.textContent = new Date(time.dateTime).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  }
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(talk.dataset.refresh).catch(() => null);
  if (!answer?.ok) return;
  const html = await answer.text();
  if (html === talk.dataset.last) return;
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40;
  talk.innerHTML = html;
  talk.dataset.last = html;
  localTimes();
  if (atEnd) talk.scrollTop = talk.scrollHeight;
}

if (talk) {
  localTimes();
  talk.scrollTop = talk.scrollHeight;
  setInterval(refresh, 1500);
}
