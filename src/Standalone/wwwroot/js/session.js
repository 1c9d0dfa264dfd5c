// Signing in, and making the first admin with the one-time token of the set-up link.
import { get, post, del } from './api.js';
import { byId, onSubmit } from './dom.js';

const forms = ['sign-in', 'set-up', 'needs-link'];
let token = takeToken();

/** Resolves once somebody is signed in. */
export async function signedIn() {
  if (token === null && await hasSession()) {
    return;
  }

  const inside = new Promise((resolve) => { entered = resolve; });
  await showDoor();
  await inside;
  byId('door').hidden = true;
}

export async function signOut() {
  await del('/api/app/session');
  location.reload();
}

let entered = () => {};

async function hasSession() {
  try {
    await get('/api/app/session');
    return true;
  } catch (error) {
    if (error.status === 401) {
      return false;
    }

    throw error;
  }
}

async function showDoor() {
  const { needed } = token === null ? await get('/api/app/set-up') : { needed: true };
  const shown = !needed ? 'sign-in' : token === null ? 'needs-link' : 'set-up';
  for (const id of forms) {
    byId(id).hidden = id !== shown;
  }

  byId('door').hidden = false;
  byId(shown).querySelector('input')?.focus();
}

// The token leaves the address bar at once, so that it is in no history and no screenshot.
function takeToken() {
  const found = /^#setup=([\w-]+)$/.exec(location.hash)?.[1] ?? null;
  if (found) {
    history.replaceState(null, '', location.pathname);
  }

  return found;
}

onSubmit(byId('sign-in'), async (form) => {
  await post('/api/app/session', { email: form.get('email'), password: form.get('password') });
  entered();
});

onSubmit(byId('set-up'), async (form) => {
  await post('/api/app/set-up', { token, email: form.get('email'), password: form.get('password') });
  token = null;
  entered();
});
