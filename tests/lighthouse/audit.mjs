/**
 * Audits pages as Lighthouse does, in one Chromium.
 *
 * Reads {"program", "addresses", "headers", "categories", "forms"} from standard input; writes a line of JSON for each
 * page and form: {"address", "form", "scores": {category: 0..100}, "failed": ["audit: what it says", ...]}.
 */
import { text } from "node:stream/consumers";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import desktop from "lighthouse/core/config/desktop-config.js";

const { program, addresses, headers, categories, forms } = JSON.parse(await text(process.stdin));
const chromium = await launch({
  chromePath: program,
  chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
});

/** What of a page's report is below its full score, with the first places that it names. */
function failed({ audits, categories }) {
  const weighed = Object.values(categories).flatMap((category) => category.auditRefs.filter((one) => one.weight));
  return weighed
    .map(({ id }) => audits[id])
    .filter((audit) => audit.score !== null && audit.score < 1)
    .map((audit) => {
      const places = (audit.details?.items ?? []).slice(0, 3).map((item) => item.node?.snippet ?? JSON.stringify(item));
      return [`${audit.id}: ${audit.title}`, ...places].join("\n    ");
    });
}

try {
  for (const address of addresses) {
    for (const form of forms) {
      const options = { port: chromium.port, extraHeaders: headers, onlyCategories: categories, logLevel: "error" };
      const { lhr } = await lighthouse(address, options, form === "desktop" ? desktop : undefined);
      if (lhr.runtimeError) throw new Error(`${address}: ${lhr.runtimeError.message}`);
      const scores = Object.fromEntries(
        Object.values(lhr.categories).map((one) => [one.id, Math.round(one.score * 100)]),
      );
      process.stdout.write(
        `${JSON.stringify({ address: lhr.finalDisplayedUrl, form, scores, failed: failed(lhr) })}\n`,
      );
    }
  }
} finally {
  chromium.kill();
}
