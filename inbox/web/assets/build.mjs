// Bundles the browser's part into inbox/web/static: hashed names, one manifest that says what each is called.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import * as esbuild from "esbuild";

const assets = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(assets, "../../..");
const out = path.resolve(assets, "../static");
const modules = path.join(root, "node_modules");

/** Names of the files of a folder that end in `ending`, sorted; none where the folder is missing. */
async function files(folder, ending) {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(ending)).sort();
}

/** Every file under `folder` with that ending, however deep. */
async function deep(folder, ending) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Two lists that write themselves: every controller, and every page's style sheet. */
const gathered = {
  name: "gathered",
  setup(build) {
    build.onResolve({ filter: /^gathered:/ }, ({ path: name }) => ({ path: name, namespace: "gathered" }));
    build.onLoad({ filter: /controllers$/, namespace: "gathered" }, async () => {
      const names = await files(path.join(assets, "controllers"), "_controller.js");
      const lines = names.map((name, n) => `import c${n} from "./controllers/${name}";`);
      const pairs = names.map((name, n) => {
        const identifier = name.replace(/_controller\.js$/, "").replaceAll("_", "-");
        return `{ identifier: "${identifier}", controllerConstructor: c${n} }`;
      });
      return { contents: `${lines.join("\n")}\nexport default [${pairs.join(", ")}];`, resolveDir: assets };
    });
    build.onLoad({ filter: /pages$/, namespace: "gathered" }, async () => {
      const names = await files(path.join(assets, "styles/pages"), ".css");
      const lines = names.map((name) => `@import "./pages/${name}" layer(components);`);
      return { contents: lines.join("\n"), loader: "css", resolveDir: path.join(assets, "styles") };
    });
  },
};

/**
 * Lines of Turbo that are not as we need them, and what stands there instead: it writes a <style> for its progress bar
 * as it loads, which the page's policy forbids (ours is in shell.css); and it copies a frame out of an answer that
 * nobody reads again, where taking it costs far less.
 */
const LINES = [
  ["document.head.insertBefore(this.stylesheetElement, document.head.firstChild);", ""],
  [
    "      element = document.importNode(element, true);\n    }\n\n    if (element instanceof FrameElement)",
    "      customElements.upgrade(document.adoptNode(element));\n    }\n\n    if (element instanceof FrameElement)",
  ],
];
const mendedTurbo = {
  name: "mended-turbo",
  setup(build) {
    build.onLoad({ filter: /@hotwired[\\/]turbo[\\/]dist[\\/].*\.js$/ }, async ({ path: file }) => {
      let source = await readFile(file, "utf8");
      for (const [line, instead] of LINES) {
        if (!source.includes(line)) throw new Error(`Turbo no longer has this line where it had it: ${line}`);
        source = source.replace(line, instead);
      }
      return { contents: source, loader: "js" };
    });
  },
};

/** The icons that templates and scripts name, from Lucide, and our own marks, as one sprite of symbols. */
async function sprite() {
  const wanted = new Set(JSON.parse(await readFile(path.join(assets, "icons.json"), "utf8")));
  const sources = [
    ...(await deep(path.join(root, "templates"), ".html")),
    ...(await deep(path.join(root, "inbox/templates"), ".html")),
  ];
  for (const file of sources) {
    const source = await readFile(file, "utf8");
    for (const [, name] of source.matchAll(/(?:\b(?:icon|empty)\(\s*|\bpicture=)["']([a-z0-9-]+)["']\s*[,)]/g))
      wanted.add(name);
  }
  const marks = await files(path.join(assets, "marks"), ".svg");
  const symbols = [];
  for (const name of marks) {
    symbols.push(symbol(name.replace(".svg", ""), await readFile(path.join(assets, "marks", name), "utf8"), ""));
    wanted.delete(name.replace(".svg", ""));
  }
  for (const name of [...wanted].sort()) {
    const file = path.join(modules, "lucide-static/icons", `${name}.svg`);
    const source = await readFile(file, "utf8").catch(() => {
      throw new Error(`no icon is called "${name}"`);
    });
    const pen = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
    symbols.push(symbol(name, source, pen));
  }
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

/** The app's icons as PNG: with round corners, and whole with the drawing in the middle for systems that cut theirs. */
async function pictures() {
  await initWasm(await readFile(path.join(modules, "@resvg/resvg-wasm/index_bg.wasm")));
  const icon = await readFile(path.join(assets, "icon.svg"), "utf8");
  const mark = await readFile(path.join(assets, "marks/mark.svg"), "utf8");
  const whole = icon.replace(' rx="8"', "");
  const wanted = {
    "icon-192.png": icon,
    "icon-512.png": icon,
    "icon-180.png": whole,
    "mask-512.png": whole.replace("<g ", '<g transform="translate(4.5 4.5) scale(.72)" '),
    "badge-96.png": mark.replaceAll("currentColor", "#fff"),
  };
  const made = {};
  for (const [name, source] of Object.entries(wanted)) {
    const width = Number(/\d+/.exec(name)[0]);
    made[name] = await written(name, new Resvg(source, { fitTo: { mode: "width", value: width } }).render().asPng());
  }
  return made;
}

/** Every emoji of a language as [character, name, further words], but for parts of others. */
async function emoji(language) {
  const source = await readFile(path.join(modules, `emojibase-data/${language}/data.json`), "utf8");
  const all = JSON.parse(source).filter(
    ({ group, order }) => group !== undefined && group !== 2 && order !== undefined,
  );
  all.sort((a, b) => a.order - b.order);
  const lines = all.map(({ emoji: char, label, tags }) => [char, label, (tags ?? []).join(" ")]);
  return written(`emoji-${language}.json`, JSON.stringify(lines));
}

/** One icon's file as a symbol; `pen` replaces the attributes of its outer element. */
function symbol(name, source, pen) {
  const [, attributes, body] = /<svg([^>]*)>([\s\S]*)<\/svg>/.exec(source);
  const kept = pen || attributes.replace(/\s*xmlns="[^"]*"|\s*viewBox="[^"]*"/g, "").trim();
  const [, box] = /viewBox="([^"]*)"/.exec(attributes);
  const inner = body.replace(/\s*\n\s*/g, "").replace(/ \/>/g, "/>");
  return `<symbol id="i-${name}" viewBox="${box}" ${kept}>${inner}</symbol>`;
}

/** Writes `text` under a name that holds its hash, and says that name. */
async function written(name, text) {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 10);
  const { name: stem, ext } = path.parse(name);
  const hashed = `${stem}-${hash}${ext}`;
  await writeFile(path.join(out, hashed), text);
  return hashed;
}

/** Writes a text beside itself as the line carries it, and says its name; null for what is small or packed already. */
async function zipped(file) {
  if (!/\.(js|css|svg|json)$/.test(file)) return null;
  const plain = await readFile(file);
  if (plain.length < 1000) return null;
  await writeFile(`${file}.gz`, gzipSync(plain, { level: 9 }));
  return `${file}.gz`;
}

/** A built file's address under /static/. */
function servedAs(file) {
  return path.relative(out, file).split(path.sep).join("/");
}

/** Its name without hash and ending: what templates call it. */
function stem(served) {
  return served.replace(/-[A-Z0-9]{8}\.\w+$/, "");
}

async function main() {
  const started = performance.now();
  const common = {
    absWorkingDir: root,
    bundle: true,
    minify: true,
    metafile: true,
    outdir: out,
    target: ["chrome115", "firefox121", "safari17"],
    entryNames: "[name]-[hash]",
    chunkNames: "chunk-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file", ".svg": "file" },
    legalComments: "none",
    logLevel: "warning",
    plugins: [gathered, mendedTurbo],
  };
  const entries = ["loader.js", "launcher.css", "app.js", "try.css"];
  await mkdir(out, { recursive: true });
  const built = await Promise.all([
    esbuild.build({ ...common, entryPoints: { app: path.join(assets, "app.js") }, format: "esm", splitting: true }),
    esbuild.build({
      ...common,
      entryPoints: {
        theme: path.join(assets, "theme.js"),
        app: path.join(assets, "styles/app.css"),
        pages: path.join(assets, "styles/pages.css"),
        print: path.join(assets, "styles/print.css"),
        worker: path.join(assets, "worker.js"),
        survey: path.join(assets, "survey.js"),
        "survey-page": path.join(assets, "styles/survey.css"),
      },
      format: "iife",
    }),
    esbuild.build({
      ...common,
      entryPoints: entries.map((name) => ({
        in: path.join(assets, "widget", name),
        out: `widget-${path.parse(name).name}`,
      })),
      format: "iife",
    }),
  ]);

  const manifest = {};
  for (const { metafile } of built) {
    for (const [file, { entryPoint, cssBundle }] of Object.entries(metafile.outputs)) {
      const served = servedAs(path.join(root, file));
      if (entryPoint) manifest[stem(served) + path.extname(served)] = served;
      if (cssBundle) manifest[`${stem(served)}.css`] = servedAs(path.join(root, cssBundle));
      if (served.startsWith("inter-latin-wght")) manifest["inter.woff2"] = served;
    }
  }
  manifest["sprite.svg"] = await written("sprite.svg", await sprite());
  for (const language of ["en", "it"]) manifest[`emoji-${language}.json`] = await emoji(language);
  Object.assign(manifest, await pictures());
  manifest["icon.svg"] = await written("icon.svg", await readFile(path.join(assets, "icon.svg"), "utf8"));
  const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(path.join(out, "manifest.json"), `${JSON.stringify(sorted, null, 2)}\n`);
  const made = new Set([
    ...built.flatMap(({ metafile }) => Object.keys(metafile.outputs).map((file) => path.join(root, file))),
    ...Object.values(sorted).map((name) => path.join(out, name)),
    path.join(out, "manifest.json"),
  ]);
  for (const file of [...made]) {
    const packed = await zipped(file);
    if (packed) made.add(packed);
  }
  for (const file of await deep(out, "")) {
    if (!made.has(file)) await rm(file, { force: true });
  }
  process.stdout.write(`built ${made.size} files in ${Math.round(performance.now() - started)} ms\n`);
}

await main();
