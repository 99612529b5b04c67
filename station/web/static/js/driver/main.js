/** The page for drivers: what each outlet does, and what to do next. */

import { get, patiently } from "../api.js";
import { fill, find, icon, put, translate } from "../dom.js";
import { Stream } from "../live.js";
import { time } from "../numbers.js";
import { language, nameOf, other, say, speak, wanted } from "../words.js";
import { isKiosk, Kiosk } from "./kiosk.js";
import { OutletCard } from "./outlet.js";
import { Announcer } from "./announcer.js";

const only = new URLSearchParams(location.search).get("evse");
const cards = new Map();
const announcer = new Announcer(find("#said"));
let station;
let kiosk = null;
let clockOffset = 0;
let lostSince = null;

/** Now, by the clock of the station. */
function now() {
  return Date.now() + clockOffset;
}

function show({ outlets }) {
  const shown = outlets.filter((outlet) => only === null || String(outlet.evse_id) === only);
  for (const [id, card] of cards) {
    if (!shown.some((outlet) => outlet.evse_id === id)) {
      card.element.remove();
      cards.delete(id);
    }
  }
  for (const outlet of shown) {
    if (!cards.has(outlet.evse_id)) {
      const card = new OutletCard(outlet.evse_id, { now, kiosk: isKiosk() });
      cards.set(outlet.evse_id, card);
      find("#outlets").append(card.element);
    }
    cards.get(outlet.evse_id).show(outlet);
  }
  const count = shown.length > 4 ? "many" : String(shown.length);
  find("#outlets").dataset.count = count;
  announcer.tell([...cards.values()].map((card) => card.sentence()));
}

function turned(to) {
  if (to === "live" && lostSince !== null) {
    lostSince = null;
    reloadIfNew();
  } else if (to === "lost" && lostSince === null) {
    lostSince = now();
    for (const card of cards.values()) card.lose(lostSince);
    announcer.tell([say("driver.lost", { time: time(lostSince) })]);
  }
  showConnection();
}

function showConnection() {
  const banner = find("#lost");
  banner.hidden = lostSince === null;
  if (lostSince !== null) fill(banner, icon("lost"), say("driver.lost", { time: time(lostSince) }));
}

/** A station that was updated meanwhile may have new pages too. */
async function reloadIfNew() {
  const fresh = await get("station").catch(() => station);
  if (fresh.version !== station.version) location.reload();
  heed(fresh);
  sayAll();
}

function heed(fresh) {
  station = fresh;
  clockOffset = new Date(fresh.now).getTime() - Date.now();
}

function sayAll() {
  translate(document);
  put(find("#name"), station.vendor_name ? `${station.vendor_name} ${station.model}` : station.identity);
  document.title = `${say("driver.title")} – ${station.identity}`;
  const button = find("#language");
  put(button, nameOf(other()));
  button.lang = other();
  button.hidden = false;
  const tariff = station.tariff?.[language()] ?? Object.values(station.tariff ?? {})[0] ?? "";
  find("#price").hidden = !tariff;
  put(find("#tariff"), tariff);
  for (const card of cards.values()) card.refresh();
  showConnection();
}

async function begin() {
  heed(await patiently(() => get("station")));
  if (isKiosk()) kiosk = new Kiosk(station.language);
  await patiently(() => speak(kiosk ? kiosk.language() : wanted(station.language)));
  sayAll();
  document.addEventListener("language", sayAll);
  find("#language").addEventListener("click", () => {
    kiosk?.pin();
    speak(other(), { keep: !kiosk }).catch(() => null); // out of reach for a moment: it can be pressed again
  });
  kiosk?.start();
  setInterval(() => cards.forEach((card) => card.tick()), 1_000);
  new Stream("live", { on: { outlets: show }, turned }).start();
}

begin();
