// A form that comes up beside a call's replay begins with the place at which its recording stands.

import { need, query, queryAll } from "../shared/dom.js";
import { duration } from "../shared/format.js";
import { afterPatch } from "../shared/patch.js";

afterPatch(() => {
  for (const field of queryAll("input[data-from-player]", HTMLInputElement)) {
    delete field.dataset.fromPlayer;
    const begun = query("[data-player][data-begun]", HTMLElement);
    if (begun) field.value = duration(need("audio", HTMLAudioElement, begun).currentTime);
  }
});
