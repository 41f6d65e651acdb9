// Part of the page's script: kept talks. What is shown comes from ui/kept.py.
let settling = false;
async function keep(query) {
  const out = await ask({ ask: "keep", words: $("#k-search")?.value ?? "", ...query });
  if (!out) return null;
  $("#kept-title").after($("#kept-fault"));
  line($("#kept-fault"), out.fault);
  line($("#kept-said"), out.said);
  if (out.file) saveFile("notes.json", out.file);
  if (out.list !== undefined) fill($("#k-list"), out.list);
  if (out.html !== undefined && fill($("#kept-body"), out.html)) secrets();
  settling = true; // what follows from the new state is drawn already
  props.value = out.view;
  paint();
  settling = false;
  return out;
}
function secrets() { // hidden like a password, but nothing that a browser offers to store
  if (CSS.supports("-webkit-text-security", "disc")) return;
  all("#kept-body [data-secret]").forEach((field) => (field.type = "password"));
}
async function keepButton(act, node) {
  const { sure: text, yes, title } = node.dataset;
  const query = { act, id: node.closest("li")?.dataset.id ?? "" };
  if (act === "rename") {
    query.title = await sure("A new name", "Rename", "Cancel", title);
    if (query.title === null) return;
  } else if (text && (await sure(text, yes)) === null) return;
  if (act === "open" && unkept() && (await sure("The talk on this tab is not kept. Going to another one drops it.", "Go on")) === null) return;
  const out = await keep(query);
  if (act === "open" && out && !out.fault) forget();
  if (out && !out.fault) out.go ? show(out.go) : toTop();
}
function toTop() {
  $("#kept-title").focus({ preventScroll: true });
  $("#kept").scrollTop = 0;
}
const unkept = () => state.view.turns.length > 0 && !state.view.kept;
async function keepThis() { // from the line under the box
  if (state.view.keep !== "open" || state.view.kept) return show("kept");
  const out = await keep({ act: "keep" });
  if (out) say(out.fault || out.said);
}
$("#kept").addEventListener("submit", async (e) => {
  e.preventDefault();
  const form = e.target;
  const button = $("button.do", form);
  button.disabled = true; // a passphrase takes about a second to check, on purpose
  const out = await keep({ act: form.dataset.keep, ...Object.fromEntries(new FormData(form)) });
  button.disabled = false;
  if (out && !out.fault) return form.reset(), toTop();
  if (out && form.isConnected) $(".row", form).before($("#kept-fault")); // where the eyes are
  const field = $("input", form);
  field?.focus();
  field?.select();
});
$("#kept").addEventListener("change", async (e) => {
  if (e.target.matches("[data-show]")) {
    all("[data-secret]", e.target.form).forEach((field) => field.classList.toggle("shown", e.target.checked));
  } else if (e.target.id === "k-import" && e.target.files[0]) {
    const text = await e.target.files[0].text();
    e.target.value = "";
    keep({ act: "import", text });
  }
});
let finding = 0;
$("#kept").addEventListener("input", (e) => {
  if (e.target.id !== "k-search") return;
  clearTimeout(finding);
  finding = setTimeout(() => keep({ act: "list" }), 250);
});
function keepState(view, before) {
  const some = view.turns.length > 0;
  line($("#kept-hint"), view.kept ? "Kept, encrypted, on this device." : "Nothing is kept and nothing leaves this device.");
  $("#keep").hidden = !some && view.keep === "off";
  line($("#keep-real"), view.kept || !some ? "Kept talks" : "Keep this talk");
  if (!settling && before && before.keep !== view.keep && state.place === "kept") keep({});
}
