/** The page for operators: log in, then one panel at a time. */

import { get, holdToken, patiently, send } from "../api.js";
import { fill, find, h, icon, put, translate } from "../dom.js";
import { time } from "../numbers.js";
import { nameOf, other, say, speak, wanted } from "../words.js";
import { Certificates } from "./certificates.js";
import { Charts } from "./charts.js";
import { Events } from "./events.js";
import { Lines } from "./lines.js";
import { LoginForm } from "./login.js";
import { Messages } from "./messages.js";
import { Model } from "./model.js";
import { Overview } from "./overview.js";
import { Queue } from "./queue.js";
import { Receipts } from "./receipts.js";
import { Store } from "./store.js";

const PANELS = {
  overview: Overview,
  charts: Charts,
  receipts: Receipts,
  events: Events,
  messages: Messages,
  model: Model,
  lines: Lines,
  certificates: Certificates,
  queue: Queue,
};
const main = find("#main");
let station = {};
let store = null;
let panel = null;
let lostSince = null;

function wantedPanel() {
  const name = location.hash.slice(1);
  return name in PANELS ? name : "overview";
}

function sayAll() {
  translate(document);
  const title = `${say("operator.title")} – ${station.identity ?? ""}`;
  document.title = title;
  put(find("#home"), title);
  const button = find("#language");
  put(button, nameOf(other()));
  button.lang = other();
  button.hidden = false;
  showLost();
  if (store) open();
  else showLogin();
}

function showLogin(problem = "") {
  const form = new LoginForm({ station, problem, entered });
  fill(main, form.element);
  form.focus();
}

/** Open the panel that the address names. */
function open() {
  panel?.close();
  const name = wantedPanel();
  fill(find("#nav"), Object.keys(PANELS).map((each) =>
    h("a", { href: `#${each}`, say: `panel.${each}`, "aria-current": each === name ? "page" : null })));
  panel = new PANELS[name](store);
  fill(main, h("h2", { say: `panel.${name}` }), panel.element);
  showMenu(false);
  panel.open();
}

function showMenu(shown) {
  find("#menu").setAttribute("aria-expanded", String(shown));
  find("#nav").classList.toggle("shown", shown);
}

function showLost() {
  const banner = find("#lost");
  banner.hidden = lostSince === null;
  if (lostSince !== null) fill(banner, icon("lost"), say("driver.lost", { time: time(lostSince) }));
  document.body.classList.toggle("is-lost", lostSince !== null);
}

function entered(csrf) {
  holdToken(csrf);
  for (const part of ["#nav", "#menu", "#logout"]) find(part).hidden = false;
  store = new Store({
    turned: (to) => {
      if (to === "refused") leave("operator.expired");
      lostSince = to === "lost" ? (lostSince ?? Date.now()) : null;
      showLost();
    },
  });
  store.start();
  open();
  main.focus();
}

function leave(problem = "") {
  store?.stop();
  panel?.close();
  [store, panel, lostSince] = [null, null, null];
  holdToken(null);
  for (const part of ["#nav", "#menu", "#logout"]) find(part).hidden = true;
  showLost();
  showLogin(problem);
}

async function logOut() {
  await send("POST", "logout").catch(() => null);
  leave();
}

async function begin() {
  station = await patiently(() => get("station"));
  await patiently(() => speak(wanted(station.language)));
  document.addEventListener("language", sayAll);
  find("#language").addEventListener("click", () => speak(other(), { keep: true }).catch(() => null));
  find("#logout").addEventListener("click", logOut);
  find("#menu").addEventListener("click", () => showMenu(find("#menu").getAttribute("aria-expanded") !== "true"));
  window.addEventListener("hashchange", () => {
    if (!store) return;
    open();
    main.focus();
  });
  const session = await patiently(() => get("session"));
  sayAll();
  if (session.operator) entered(session.csrf);
}

begin();
