// Say in words what went wrong with a passkey, and show passkey buttons only where the browser has passkeys.

const said = document.querySelector("[data-passkey-error]");

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  if (said) {
    said.textContent = sentence(event.detail.exception);
    said.hidden = false;
  }
});

if (window.PublicKeyCredential) {
  for (const part of document.querySelectorAll("[data-passkey]")) {
    part.hidden = false;
  }
}

function sentence(exception) {
  if (exception?.name === "SecurityError") {
    return "Passkeys need a secure address: https, or http://localhost.";
  }
  if (exception?.name === "InvalidStateError") {
    return "This device already has a passkey for your account.";
  }
  return "No passkey was used. Try again, or choose another way.";
}
