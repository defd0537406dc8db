// The service worker: a page of our own while the desk cannot be reached. Nothing of a ticket is ever kept here.

const { offline, keep } = self.desk;
const SHELF = `desk ${[offline, ...keep].join(" ")}`;

self.addEventListener("install", (event) => {
  const fill = async () => {
    const shelf = await caches.open(SHELF);
    await shelf.addAll([offline, ...keep].map((url) => new Request(url, { cache: "reload" })));
    await self.skipWaiting(); // it serves nothing that an open page could miss
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("desk ") && name !== SHELF).map((n) => caches.delete(n)));
    await self.registration.navigationPreload?.enable();
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

/** A page from the desk, or ours where the line is down. */
async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await caches.match(offline)) ?? Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (keep.includes(pathname)) event.respondWith(fetch(request).catch(() => caches.match(pathname)));
});
