// The numbers: where each stands, its code while it is being linked, and what can be done with it.
import { get, post, put, del, newKey } from './api.js';
import { byId, make, keepList, onSubmit, setText, confirmed, asked } from './dom.js';
import { stateOf, phone, when, fullTime, secondsUntil } from './words.js';

const list = byId('number-list');
const links = new Map();
const mistakes = new Map();
let changed = () => {};

/** Calls `again` after everything that changes a number. */
export function startNumbers(again) {
  changed = again;
  setInterval(countDown, 1000);
}

/** Reads and shows all numbers; returns them. */
export async function refreshNumbers() {
  const numbers = (await get('/api/v1/numbers?limit=200')).data;
  await Promise.all(numbers.map(readLink));
  keepList(list, numbers.map((number) => ({ ...number, link: links.get(number.id), mistake: mistakes.get(number.id) })), draw);
  byId('no-number').hidden = numbers.length > 0;
  countDown();
  return numbers;
}

async function readLink(number) {
  if (number.detail !== 'linking') {
    links.delete(number.id);
    return;
  }

  try {
    links.set(number.id, await get(`/api/v1/numbers/${number.id}/link`));
  } catch (error) {
    // The attempt may have ended between the two questions.
    if (error.status !== 409) {
      throw error;
    }

    links.delete(number.id);
  }
}

function draw(number) {
  const state = stateOf(number);
  return make('li', { class: 'card number' },
    make('div', { class: 'number-head' },
      make('h3', { text: number.label, dir: 'auto' }),
      make('span', { class: 'state', 'data-tone': state.tone, text: `${state.icon} ${state.word}`, title: `Since ${fullTime(number.since)}` })),
    make('p', { text: identity(number) }),
    number.reason ? make('p', {}, `${number.reason.message} `, make('code', { text: number.reason.code })) : null,
    number.nextAttemptAt ? make('p', { class: 'due', 'data-due': number.nextAttemptAt, 'data-before': 'Trying again in' }) : null,
    number.until ? make('p', { text: `Until ${when(number.until)}`, title: fullTime(number.until) }) : null,
    make('p', { text: `${number.counters.receivedToday} in · ${number.counters.sentToday} out today · ${number.counters.queued} waiting` }),
    number.link ? drawLink(number.link, number.label) : null,
    number.mistake ? make('p', { class: 'mistake', role: 'alert', text: number.mistake }) : null,
    make('div', { class: 'actions' }, ...actions(number)));
}

function identity(number) {
  const parts = [number.engine === 'sandbox' ? 'Sandbox' : 'WhatsApp', number.phone ? phone(number.phone) : 'no phone yet', number.id];
  return parts.join(' · ');
}

function drawLink(link, label) {
  return make('div', { class: 'link' },
    link.qrImage?.startsWith('data:image/svg+xml') ? make('img', { class: 'qr', src: link.qrImage, alt: `QR code to link ${label}` }) : null,
    link.code ? make('p', { class: 'code', text: link.code }) : null,
    link.qr ? make('p', { text: 'On the phone: WhatsApp → Linked devices → Link a device.' }) : null,
    link.code ? make('p', { text: 'On the phone: WhatsApp → Linked devices → Link a device → Link with phone number instead.' }) : null,
    link.expiresAt ? make('p', { class: 'due', 'data-due': link.expiresAt, 'data-before': link.qr ? 'New code in' : 'The code ends in' }) : null);
}

function actions(number) {
  if (number.removedAt) {
    return [act(number, 'link', 'Link again', () => post(`/api/v1/numbers/${number.id}/link`, { method: 'qr' }))];
  }

  const stopped = number.detail === 'stopped';
  return [
    number.status === 'logged_out'
      ? act(number, 'link', number.detail === 'linking' ? 'New code' : 'Link', () => post(`/api/v1/numbers/${number.id}/link`, { method: 'qr' }))
      : act(number, 'desired', stopped ? 'Start' : 'Stop',
        () => put(`/api/v1/numbers/${number.id}/desired`, { state: stopped ? 'started' : 'stopped' })),
    number.status === 'logged_out' && number.engine === 'whatsapp' ? act(number, 'code', 'Link with a code…', () => linkWithCode(number)) : null,
    number.status === 'disconnected' && !stopped
      ? act(number, 'reconnect', 'Reconnect now', () => post(`/api/v1/numbers/${number.id}/reconnect`))
      : null,
    act(number, 'unlink', 'Unlink…', () => unlink(number)),
  ];
}

async function linkWithCode(number) {
  const digits = await asked(`Link ${number.label} with a code`,
    'The phone must be at hand: it shows a message, and the code that appears here is typed into it.', 'Its phone number, with country code', 'Make code');
  if (digits) {
    await post(`/api/v1/numbers/${number.id}/link`, { method: 'code', phone: digits.replace(/[^0-9]/g, '') });
  }
}

async function unlink(number) {
  if (await confirmed(`Unlink ${number.label}?`,
    'The number is logged out and its credentials are wiped. Chats and messages stay readable.', 'Unlink')) {
    await del(`/api/v1/numbers/${number.id}`);
  }
}

function act(number, name, text, work) {
  return make('button', {
    type: 'button', text, 'data-act': name, 'aria-label': `${text} ${number.label}`,
    onclick: async (event) => {
      event.currentTarget.disabled = true;
      mistakes.delete(number.id);
      try {
        await work();
      } catch (error) {
        mistakes.set(number.id, error.message);
      }

      await changed();
      event.target.disabled = false;
    },
  });
}

function countDown() {
  for (const due of list.querySelectorAll('.due')) {
    const seconds = secondsUntil(due.dataset.due);
    setText(due, seconds > 0 ? `${due.dataset.before} ${seconds} s` : 'Any moment now');
  }
}

let creation = newKey();
onSubmit(byId('add-number'), async (form) => {
  const engine = form.get('engine');
  const number = await post('/api/v1/numbers', { label: form.get('label').trim(), engine }, { 'Idempotency-Key': creation });
  creation = newKey();
  byId('add-number').reset();
  if (engine === 'whatsapp') {
    await post(`/api/v1/numbers/${number.id}/link`, { method: 'qr' });
  }

  await changed();
});
