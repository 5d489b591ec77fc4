// A complaint's page: its recording is heard from the second at which it was said.

import { delegate, query } from "../shared/dom.js";

delegate("click", "[data-replay]", HTMLElement, (button) => {
  const audio = query("[data-player] audio", HTMLAudioElement);
  if (!audio) return;
  audio.currentTime = Number(button.dataset.replay);
  audio.play().catch(() => {}); // the player says what is wrong
});
