// Signing in, and making the first admin with the one-time token of the set-up link.
import { get, post, del } from './api.js';
import { byId, onSubmit } from './dom.js';

const forms = ['sign-in', 'set-up', 'needs-link'];
const kept = 'set-up-token';
let token = takeToken();

/** Resolves once somebody is signed in. */
export async function signedIn() {
  const spent = token !== null && await isSpent();
  if (token === null || spent) {
    forgetToken();
    if (await hasSession()) {
      return;
    }
  }

  byId('link-used').hidden = !spent;
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
  const shown = token !== null ? 'set-up' : (await get('/api/app/set-up')).needed ? 'needs-link' : 'sign-in';
  for (const id of forms) {
    byId(id).hidden = id !== shown;
  }

  byId('door').hidden = false;
  byId(shown).querySelector('input')?.focus();
}

// The token leaves the address bar at once, so that it is in no history and no screenshot. This tab keeps it until it
// is used, so that the page can be loaded again.
function takeToken() {
  const found = /^#setup=([\w-]+)$/.exec(location.hash)?.[1];
  if (!found) {
    return sessionStorage.getItem(kept);
  }

  sessionStorage.setItem(kept, found);
  history.replaceState(null, '', location.pathname);
  return found;
}

function forgetToken() {
  sessionStorage.removeItem(kept);
  token = null;
}

// A link makes the first admin and nobody else.
const isSpent = async () => !(await get('/api/app/set-up')).needed;

onSubmit(byId('sign-in'), async (form) => {
  await post('/api/app/session', { email: form.get('email'), password: form.get('password') });
  entered();
});

onSubmit(byId('set-up'), async (form) => {
  try {
    await post('/api/app/set-up', { token, email: form.get('email'), password: form.get('password') });
  } catch (error) {
    if (error.status === 403 && await isSpent()) {
      location.reload();
    }

    throw error;
  }

  forgetToken();
  entered();
});

// A newer link opened in this tab changes nothing but the fragment, which alone loads no page.
addEventListener('hashchange', () => location.reload());
