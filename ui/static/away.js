// Part of the page's script: leaving quickly, closing the tab, and a program that is gone.
// ---- leaving -----------------------------------------------------------------------------
const channel = new BroadcastChannel("notes"); // tells the other tabs; keeps nothing
channel.onmessage = () => blank();
async function blank() {
  if (state.gone) return;
  state.gone = true;
  const cover = document.createElement("div");
  cover.id = "blank";
  document.body.append(cover);
  root.remove();
  memory.delete(root);
  state.view = null;
  const waiting = new Promise((_, no) => setTimeout(no, 1500));
  let next = "/quiet";
  try {
    await Promise.race([fetch("/leave", { method: "POST", keepalive: true }), waiting]);
  } catch {
    next = "about:blank";
  }
  location.replace(next);
}
function leave() {
  channel.postMessage("leave");
  blank();
}
let shifts = [];
let alone = false;
function dots() {
  all(".dots i").forEach((dot, i) => dot.classList.toggle("on", i < shifts.length));
}
addEventListener("keydown", (e) => {
  if (e.key === "Shift") {
    alone = !e.repeat && !e.ctrlKey && !e.altKey && !e.metaKey ? true : alone && e.repeat;
  } else {
    alone = false;
    shifts = [];
    dots();
  }
}, true);
addEventListener("keyup", (e) => {
  if (e.key !== "Shift" || !alone) return;
  alone = false;
  const now = Date.now();
  shifts = [...shifts.filter((t) => now - t < 5000), now];
  dots();
  if (shifts.length >= 3) return leave();
  say(`Shift: press ${3 - shifts.length} more to leave`);
  setTimeout(() => {
    shifts = shifts.filter((t) => Date.now() - t < 5000);
    dots();
  }, 5100);
}, true);
addEventListener("pageshow", (e) => e.persisted && location.reload());

// ---- the tab and the program behind it -----------------------------------------------------
addEventListener("pagehide", () => state.gone || navigator.sendBeacon("/closed", tab));

const ENDED = "The program is not running any more. What you see here is only on this screen; start it again to go on.";
const ANEW = "The program was started anew, and this page belongs to the old start. Open its start file again, then go on here. What you see here is only on this screen.";
async function check() {
  if (state.gone) return;
  try {
    const answer = await fetch("/alive");
    if (answer.status === 401) lost(ANEW);
    else if (state.lost) lost("The program is running again. What you see here is from before it ended.", true);
  } catch {
    lost(ENDED);
  }
}
function lost(words, back = false) {
  if (!state.lost && state.sent && !box.value) (box.value = state.sent), grow();
  state.lost = true;
  if ($("#lost-text").textContent !== words) $("#lost-text").textContent = words;
  $('[data-do="back"]').hidden = !back;
  $("#lost").hidden = false;
}
function found() {
  state.lost = false;
  $("#lost").hidden = true;
}
async function back() { // what stands in the box comes along
  await ask({ ask: "draft", text: box.value });
  location.reload();
}
setInterval(() => state.lost && check(), 3000);
setInterval(() => { // while something is under way an update comes every few seconds
  const waiting = !state.view || state.view.busy || !["ready", "failed"].includes(state.view.boot.state);
  if (!waiting || state.gone || state.lost || Date.now() - state.seen < 10000) return;
  state.seen = Date.now();
  act({ do: "open" });
}, 2500);
async function pulse() { // what happens without the person: locked, dropped, ended
  if (state.gone || state.lost || !state.view || state.view.busy) return;
  const view = await ask({ ask: "pulse" });
  if (!view || state.view.busy || state.gone) return;
  if (["version", "born", "keep"].every((part) => view[part] === state.view[part])) return;
  props.value = view;
  paint();
}
setInterval(pulse, 15000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !state.gone && state.view && !state.view.busy) act({ do: "open" });
});
