// Forms that came over the line carry nobody's token: each takes this page's own when it is sent.

/** Puts the page's token into every form right before it leaves. */
export function startTokens() {
  document.addEventListener(
    "submit",
    (event) => {
      const field = event.target.querySelector?.('input[name="csrf_token"]');
      const own = document.querySelector('meta[name="csrf-token"]')?.content;
      if (field && own) field.value = own;
    },
    true,
  );
}
