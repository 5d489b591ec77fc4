// Takes front-end files from node_modules into the package, as package.json names them. The folder is made anew, so
// that nothing old is served.
//   "vendor": {"name served": "file in node_modules"}
//   "lists":  {"name in the package": "JSON file in node_modules, a list of lines"}
//   "icons":  {"set": an Iconify package, "symbols": {"our name": "its name", or "its name 135" to turn it}}
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const target = "callcrm/static/vendor";
// Colour, width and ends of strokes are the page's to choose (.icon in ground.css), so an icon must not set them.
const STROKE = / stroke(?:-linecap|-linejoin|-width)?="[^"]*"| fill="none"/gu;

const read = (path) => JSON.parse(readFileSync(path, "utf8"));

function symbol(name, [source, turn], set, size) {
  const body = (set.icons[source] ?? set.icons[set.aliases?.[source]?.parent])?.body;
  if (!body) throw new Error(`icons: ${set.prefix} has no "${source}" for "${name}"`);
  const drawn = body.replace(STROKE, "").replaceAll('fill="currentColor"', 'fill="currentColor" stroke="none"');
  const turned = turn ? `<g transform="rotate(${turn} ${size / 2} ${size / 2})">${drawn}</g>` : drawn;
  return `<symbol id="i-${name}" viewBox="0 0 ${size} ${size}">${turned}</symbol>`;
}

function sprite({ set: source, symbols }) {
  const folder = join("node_modules", source);
  const { name, author, license, version } = read(join(folder, "info.json"));
  const set = read(join(folder, "icons.json"));
  const notice = `<!-- ${name} ${version}, ${author.name}, ${license.spdx}: ${license.url} -->`;
  const drawn = Object.entries(symbols).map(([ours, theirs]) => symbol(ours, theirs.split(" "), set, set.height ?? 24));
  return ['<svg class="sprite" aria-hidden="true">', notice, ...drawn, "</svg>", ""].join("\n");
}

// With its origin and licence on the first line.
function lines(source) {
  const folder = join("node_modules", ...source.split("/").slice(0, source.startsWith("@") ? 2 : 1));
  const { name, version, license } = read(join(folder, "package.json"));
  return [`# ${name} ${version}, ${license}`, ...read(join("node_modules", source)), ""].join("\n");
}

const { vendor, lists, icons } = read("package.json");
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const [name, source] of Object.entries(vendor)) {
  mkdirSync(dirname(join(target, name)), { recursive: true });
  copyFileSync(join("node_modules", source), join(target, name));
}
for (const [name, source] of Object.entries(lists ?? {})) writeFileSync(join(target, name), lines(source));
if (icons) writeFileSync(join(target, "icons.svg"), sprite(icons));
