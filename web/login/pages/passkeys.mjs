// Uses or makes a passkey, and posts it in the form's field "credential".
const field = document.getElementById("credential");
const failed = document.getElementById("passkey-failed");
const { mode } = field.dataset;
const json = JSON.parse(field.dataset.options);
const supported = globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;
let pending = new AbortController();

const post = (credential) => {
  field.value = JSON.stringify(credential);
  const form = field.form;
  form.noValidate = true;
  form.requestSubmit(form.querySelector("button[value=passkey]"));
};

const fail = () => {
  failed.hidden = false;
  failed.focus();
};

const use = (mediation) => {
  pending.abort();
  pending = new AbortController();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(json);
  return navigator.credentials.get({ publicKey, mediation, signal: pending.signal });
};

const make = () => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(json) });

if (supported) {
  for (const button of document.querySelectorAll("button[value=passkey]")) {
    button.hidden = false;
    button.addEventListener("click", async (event) => {
      if (field.value) return; // the form is being posted
      event.preventDefault();
      failed.hidden = true;
      try {
        post(await (mode === "create" ? make() : use("optional")));
      } catch (error) {
        if (error.name === "InvalidStateError") {
          field.value = "exists";
          field.form.noValidate = true;
          field.form.requestSubmit(button);
          return;
        }
        fail();
      }
    });
  }
  if (mode === "autofill" && (await PublicKeyCredential.isConditionalMediationAvailable?.())) {
    use("conditional").then(post, () => {}); // the user may choose another way
  }
}
