// Keeps a page fresh: the stream names what changed, the regions that show it fetch themselves again.
// A page without this script is as fresh as its last load, and everything on it works.

const POLL = 5000;
const QUIET = 250; // events come in bursts, one per order of a batch; one refresh answers them all

const regions = () => [...document.querySelectorAll("[data-live]")];
const waiting = new Map();
let stream = null;
let polling = null;

function refresh(region) {
  if (waiting.has(region)) return;
  waiting.set(region, setTimeout(() => {
    waiting.delete(region);
    // What is being typed or read in a region is not pulled away: it is refreshed a little later.
    const typing = region.matches(":focus-within") && document.activeElement.matches("input, select, textarea");
    if (typing || region.querySelector("input[type=checkbox]:checked, details[open] form")) refresh(region);
    else region.dispatchEvent(new CustomEvent("refresh"));
  }, QUIET));
}

function changed(noun) {
  for (const region of regions()) {
    if (!noun || region.dataset.live.split(" ").includes(noun)) refresh(region);
  }
}

function poll() {
  polling ??= setInterval(() => changed(""), POLL);
}

function listen() {
  if (stream || document.hidden || !regions().length) return;
  let opened = false;
  stream = new EventSource("/events");
  stream.onopen = () => {
    clearInterval(polling);
    polling = null;
    // Whatever happened between drawing the page and listening, or while the line was down, is seen now.
    changed("");
    opened = true;
  };
  stream.onerror = () => {
    if (stream?.readyState !== EventSource.CLOSED) return;
    stop();
    poll();
    if (opened) setTimeout(listen, POLL);
  };
  const nouns = new Set(regions().flatMap((region) => region.dataset.live.split(" ")));
  for (const noun of nouns) stream.addEventListener(noun, () => changed(noun));
}

function stop() {
  stream?.close();
  stream = null;
}

// A tab nobody looks at gives its stream back and catches up when it is looked at.
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : listen()));
addEventListener("pagehide", stop);
addEventListener("pageshow", listen);

document.querySelector("#summary")?.focus();
