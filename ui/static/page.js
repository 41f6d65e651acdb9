"use strict";
// Runs once in the page. `element`, `trigger`, `props`, `server`, `watch` come from Gradio's HTML
// component. Nothing here touches any storage of the browser. Everything drawn arrives as markup
// that Python has escaped. page.js, away.js, kept.js and acts.js are joined into one script.
const root = document.createElement("div");
root.id = "notes";
root.innerHTML = props.shell;
document.body.append(root); // out of Gradio's containers: one main landmark, no padding, no toasts
document.documentElement.lang = "en";

const $ = (selector, within = root) => within.querySelector(selector);
const all = (selector, within = root) => [...within.querySelectorAll(selector)];
const box = $("#box");
const touch = matchMedia("(hover: none) and (pointer: coarse)"); // its keyboard would cover what is read
const settle = () => (touch.matches ? $("#log") : box).focus({ preventScroll: true });
// A tab is known by a name in its own entry of the session's history: it outlives a reload, no
// other tab has it, and it goes when the tab does.
const tab = history.state?.notes ?? Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
history.replaceState({ ...history.state, notes: tab }, "");
const state = { sent: "", lost: false, view: null, first: true, wantDraft: true, place: "talk", opener: null, gone: false, seen: Date.now() };
const here = () => ({ tab, born: state.view?.born ?? "" });
const ask = async (query) => {
  try {
    return await server.ask({ ...here(), ...query });
  } catch {
    check();
    return null;
  }
};
const act = (event) => {
  trigger("submit", { ...here(), ...event });
  setTimeout(check, 4000);
};
const say = (text) => {
  $("#live").textContent = "";
  setTimeout(() => ($("#live").textContent = text), 50);
};

// ---- drawing -----------------------------------------------------------------------------
const memory = new WeakMap();
function fill(node, html) {
  if (memory.get(node) === html) return false;
  memory.set(node, html);
  node.innerHTML = html;
  return true;
}
function article(turn) {
  const node = document.createElement("article");
  node.className = "turn";
  node.dataset.id = turn.id;
  node.innerHTML =
    '<h3 class="sr">You wrote</h3><div class="mine" data-part="said"></div>' +
    '<div class="acts right"><button type="button" data-do="edit">Edit</button></div>' +
    '<div class="editing" hidden><label>Your message<textarea rows="4" spellcheck="false" autocomplete="off"></textarea></label>' +
    '<p class="small">What came after this message goes away.</p>' +
    '<div class="row end"><button type="button" data-do="edit-no">Cancel</button><button type="button" class="do" data-do="edit-yes">Send from here</button></div></div>' +
    '<h3 class="sr">Reply</h3><div class="theirs" data-part="body"></div>' +
    '<div class="pick" hidden><label>Show numbers for <select class="country-here"></select></label><div class="found"></div></div>' +
    '<div data-part="sources"></div><p class="stage-line" hidden></p><p class="note" hidden></p><p class="fault" hidden></p>' +
    '<div class="acts after"><button type="button" data-do="copy">Copy</button><button type="button" data-do="again">Write again</button><button type="button" data-do="undo">Undo</button></div>' +
    '<details class="heard"><summary><span class="real">What I heard, and why this</span><span class="alt">Details</span></summary><div data-part="heard"></div></details>';
  $(".country-here", node).innerHTML = $("#country").innerHTML;
  $(".country-here", node).value = "";
  $(".country-here", node).options[0].textContent = "Choose a country";
  return node;
}
function line(node, text) {
  node.hidden = !text;
  if (node.textContent !== text) node.textContent = text;
}
function draw(turn, node, busy) {
  for (const part of ["said", "body", "sources", "heard"]) fill($(`[data-part="${part}"]`, node), turn[part]);
  line($(".stage-line", node), turn.stage);
  line($(".note", node), turn.note);
  line($(".fault", node), turn.fault);
  node.setAttribute("aria-busy", String(turn.writing));
  $(".heard", node).hidden = !turn.heard;
  if (!turn.safety && !$(".found", node).innerHTML) $(".pick", node).hidden = true;
  if (turn.safety && !turn.writing) $(".pick", node).hidden = false;
  $('[data-do="edit"]', node).hidden = busy;
  $(".after", node).hidden = turn.writing;
  $('[data-do="copy"]', node).hidden = !turn.plain;
  $('[data-do="again"]', node).hidden = $('[data-do="undo"]', node).hidden = !turn.last || busy;
}
function paint() {
  const view = props.value;
  const same = state.view?.born === view?.born;
  if (!view || state.gone || (same && view.version < state.view.version)) return;
  const before = state.view;
  state.view = view;
  state.seen = Date.now();
  found();
  const log = $("#log");
  const low = log.scrollHeight - log.scrollTop - log.clientHeight < 90;
  const keep = new Set(view.turns.map((t) => String(t.id)));
  all(".turn").forEach((node) => keep.has(node.dataset.id) || node.remove());
  for (const turn of view.turns) {
    let node = $(`.turn[data-id="${turn.id}"]`);
    if (!node) $("#turns").append((node = article(turn)));
    draw(turn, node, view.busy);
  }
  if (before?.turns.length && !view.turns.length && !state.wantDraft) forget();
  $("#start").hidden = view.turns.length > 0;
  $("#clear").hidden = view.turns.length === 0;
  line($("#notice"), view.notice);
  keepState(view, before);
  $("#send").hidden = view.busy;
  $("#stop").hidden = !view.busy;
  look(view.look);
  boot(view.boot);
  if (state.wantDraft) {
    state.wantDraft = false;
    if (view.draft && !box.value) box.value = view.draft;
    grow();
  }
  if (state.first) {
    state.first = false;
    all(".country").forEach((s) => (s.value = view.country));
    show(view.welcome ? "welcome" : "talk");
    log.scrollTop = log.scrollHeight;
  }
  const grew = before && view.turns.length > before.turns.length;
  if (grew) state.sent = "";
  const newest = all(".turn").at(-1); // a long reply is read from its beginning
  if (newest && (grew || (low && (view.busy || before?.busy)))) log.scrollTop = Math.min(log.scrollHeight, newest.offsetTop - 12);
  if (before?.busy && !view.busy) finished(view);
}
function finished(view) {
  const last = view.turns.at(-1);
  if (last) say(last.fault || `Reply: ${last.plain} ${last.note}`);
  const at = document.activeElement;
  if (state.place === "talk" && at !== box && (at === document.body || $("#composer").contains(at))) settle();
}
function boot(b) {
  const bar = $("#boot-bar");
  $("#boot").hidden = b.state === "ready";
  $("#boot").classList.toggle("failed", b.state === "failed");
  line($("#boot-text"), b.state === "failed" ? b.text : `${b.text}. You can read the ideas meanwhile.`);
  bar.hidden = b.state === "failed";
  if (b.share === null) bar.removeAttribute("value");
  else bar.value = b.share;
  $('[data-do="load"]').hidden = b.state !== "failed";
}
function look(l) {
  const html = document.documentElement;
  if (l.theme === "system") delete html.dataset.theme;
  else html.dataset.theme = l.theme;
  html.dataset.size = l.size;
  if (l.plain) html.dataset.plain = "";
  else delete html.dataset.plain;
  if (l.plain && !state.look?.plain) all("details[open]").forEach((d) => d.closest(".look") || (d.open = false));
  $("#theme").value = l.theme;
  $("#plain").checked = l.plain;
  state.look = l;
}
function relook(change) {
  look({ ...state.look, ...change });
  ask({ ask: "look", ...change });
}
function show(place) {
  const before = state.place;
  state.place = place;
  all(".view").forEach((v) => (v.hidden = v.id !== place));
  if (place === "kept") keep({});
  if (before !== place && !$("#side").hidden) closeSide();
  all("nav button").forEach((b) => (b.dataset.view === place ? b.setAttribute("aria-current", "page") : b.removeAttribute("aria-current")));
  if (place === "talk") settle();
  if (place === "welcome") $('[data-do="begin"]').focus({ preventScroll: true });
}
function begin() {
  ask({ ask: "welcomed" });
  show("talk");
}

// ---- the card beside the talk ------------------------------------------------------------
async function card(slug, opener) {
  const html = await ask({ ask: "card", text: slug });
  if (html === null) return;
  if (opener && !$("#side").contains(opener)) state.opener = opener;
  $("#card").innerHTML = html;
  $("#side").hidden = false;
  $("main").classList.add("with-side");
  $("#side").scrollTop = 0;
  $("#card h2")?.focus();
}
function closeSide() {
  $("#side").hidden = true;
  $("main").classList.remove("with-side");
  if (state.opener?.isConnected) state.opener.focus();
  else if (state.place === "talk") settle();
}

// ---- corrections -------------------------------------------------------------------------
const SAFETY_ASK =
  "This is about safety. Correcting it changes what was noted. It does not by itself open the way to a pause or an exit: that waits until you have said whether you are safe.";
async function correct(query, node) {
  const id = dataOf(node).id;
  if (node.dataset.safety && (await sure(SAFETY_ASK, "Yes, correct it", "Keep it")) === null) return;
  const view = await ask({ ask: "correct", id, ...query });
  if (!view) return;
  props.value = view;
  paint();
  const turn = $(`.turn[data-id="${id}"]`);
  $(".heard", turn).open = true;
  $(".heard summary", turn).focus();
  say("Corrected. " + ($(".suggests", turn)?.textContent ?? ""));
}

// ---- a question before something happens ---------------------------------------------------
// Gives "" for yes, what was typed where `typed` is the text to begin with, and null for no.
let answered = null;
function sure(text, yes, no = "Cancel", typed = null) {
  $("#ask-text").textContent = text;
  $("#ask-yes").textContent = yes;
  $("#ask-no").textContent = no;
  $("#ask-input").hidden = typed === null;
  $("#ask-input").value = typed ?? "";
  $("#ask").showModal();
  if (typed !== null) $("#ask-input").select();
  return new Promise((done) => (answered = done));
}
function answer(yes) {
  $("#ask").close(yes ? "yes" : "");
}
$("#ask").addEventListener("close", () => {
  const typed = $("#ask-input");
  answered?.($("#ask").returnValue === "yes" ? (typed.hidden ? "" : typed.value) : null);
  answered = null;
  typed.value = $("#ask").returnValue = "";
});
$("#ask-input").addEventListener("keydown", (e) => e.key === "Enter" && (e.preventDefault(), answer(true)));
