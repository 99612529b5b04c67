/** The page of a receipt, for whoever has its address. */

import { get, patiently } from "../api.js";
import { fill, find, icon, put, translate } from "../dom.js";
import { nameOf, other, say, speak, wanted } from "../words.js";
import { paper } from "./paper.js";

const LOOK_AGAIN_MS = 10_000;
const NOT_FOUND = 404;
const id = decodeURIComponent(location.pathname.split("/").filter(Boolean).pop() ?? "");
let station = {};
let receipt = null;
let problem = "";

function show() {
  translate(document);
  const button = find("#language");
  put(button, nameOf(other()));
  button.lang = other();
  button.hidden = false;
  put(find("#home"), [station.vendor_name, station.model].filter(Boolean).join(" ") || say("driver.title"));
  document.title = say("receipt.page");
  const banner = find("#problem");
  banner.hidden = !problem;
  if (problem) fill(banner, icon("warning"), say(problem));
  const main = find("#paper");
  main.hidden = !receipt;
  if (receipt) fill(main, paper(receipt, station));
  main.setAttribute("aria-busy", String(!receipt && !problem));
}

/** Ask for the receipt until the session is over: what is signed does not change any more. */
async function load() {
  try {
    receipt = await get(`receipts/public/${encodeURIComponent(id)}`);
    problem = "";
  } catch (error) {
    problem = error.status === NOT_FOUND ? "receipt.none" : "receipt.unreachable";
    if (error.status === NOT_FOUND) receipt = null;
  }
  show();
  if (problem !== "receipt.none" && !receipt?.ended_at) setTimeout(load, LOOK_AGAIN_MS);
}

async function begin() {
  station = await patiently(() => get("station"));
  await patiently(() => speak(wanted(station.language)));
  document.addEventListener("language", show);
  find("#language").addEventListener("click", () => speak(other(), { keep: true }).catch(() => null));
  await load();
}

begin();
