/** How each state of an outlet looks: a tone and a shape, because nobody shall depend on colours. */

export const STATES = {
  starting: { tone: "off", icon: "hourglass" },
  free: { tone: "go", icon: "plug" },
  plugged: { tone: "act", icon: "card" },
  accepted: { tone: "act", icon: "plug" },
  preparing: { tone: "busy", icon: "pen" },
  charging: { tone: "busy", icon: "bolt" },
  paused_by_vehicle: { tone: "off", icon: "car" },
  paused_by_station: { tone: "act", icon: "pause" },
  finishing: { tone: "busy", icon: "pen" },
  finished: { tone: "go", icon: "check" },
  held: { tone: "act", icon: "lock" },
  faulted: { tone: "bad", icon: "warning" },
  unavailable: { tone: "off", icon: "barred" },
};

/** Nothing is known at the moment. */
export const LOST = { tone: "off", icon: "lost" };

/** Return how an activity looks, also one that a newer station has invented. */
export function looksOf(activity) {
  return STATES[activity] ?? { tone: "off", icon: "info" };
}
