// Copies the front-end files that package.json names under "vendor" from node_modules into the package:
// {"name served": "file in node_modules"}. The folder is made anew, so that nothing old is served.
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const target = "callcrm/static/vendor";
const { vendor } = JSON.parse(readFileSync("package.json", "utf8"));
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const [name, source] of Object.entries(vendor)) {
  mkdirSync(dirname(join(target, name)), { recursive: true });
  copyFileSync(join("node_modules", source), join(target, name));
}
