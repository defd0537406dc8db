// Before the first paint: the chosen theme, or the system's; the chosen density. Loaded in the head, on purpose not deferred.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** What was chosen, or "" where nothing was or storage is closed. */
function chosen(name) {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

function apply() {
  root.dataset.theme = chosen("theme") || (dark.matches ? "dark" : "light");
  root.dataset.density = chosen("density") || "comfortable";
  root.dataset.js = "";
}

apply();
dark.addEventListener("change", apply);
addEventListener("storage", apply);
