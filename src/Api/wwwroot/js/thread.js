// One chat: its messages with their ticks, and the answer being written.
import { get, post, newKey } from './api.js';
import { byId, make, keepList, onSubmit, setText } from './dom.js';
import { when, fullTime, tickOf, kindOf } from './words.js';
import { titleOf } from './chats.js';

const box = byId('messages');
const drafts = new Map();
const reply = byId('reply');
let chat = null;
let known = new Map();
let older = null;
let changed = () => {};

export function startThread(again) {
  changed = again;
}

export const openChatId = () => chat?.id ?? null;

/** Shows a chat in place of the one before, whose draft is kept. */
export function openThread(next) {
  if (chat) {
    drafts.set(chat.id, reply.elements.text.value);
  }

  if (chat?.id !== next.id) {
    known = new Map();
    older = null;
    byId('message-list').replaceChildren();
  }

  chat = next;
  setText(byId('thread-title'), titleOf(next));
  reply.hidden = false;
  reply.elements.text.value = drafts.get(next.id) ?? '';
  reply.elements.text.focus();
}

/** Reads and shows the newest messages of the open chat, and marks them read while somebody looks. */
export async function refreshThread(chats) {
  if (!chat) {
    return;
  }

  const asked = chat.id;
  const page = await get(`/api/v1/chats/${asked}/messages?limit=50`);
  if (chat.id !== asked) {
    return;
  }

  const first = known.size === 0;
  keep(page.data);
  older = first ? page.nextCursor : older;
  show(first);
  chat = chats.find((candidate) => candidate.id === asked) ?? chat;
  setText(byId('thread-title'), titleOf(chat));
  if (chat.unreadCount > 0 && !document.hidden && box.checkVisibility()) {
    await post(`/api/v1/chats/${asked}/read`);
  }
}

function keep(messages) {
  for (const message of messages) {
    known.set(message.id, message);
  }
}

function show(jump) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  const messages = Array.from(known.values()).sort((a, b) => compare(a.timestamp, b.timestamp) || compare(a.id, b.id));
  keepList(byId('message-list'), messages, draw);
  byId('no-message').hidden = messages.length > 0;
  setText(byId('no-message'), 'No message yet.');
  byId('older').hidden = older === null;
  if (jump || atEnd) {
    box.scrollTop = box.scrollHeight;
  }
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function draw(message) {
  const [sign, word] = message.fromMe ? tickOf(message.status) : ['', ''];
  return make('li', { class: message.fromMe ? 'message mine' : 'message' },
    chat.type === 'group' && !message.fromMe ? make('p', { class: 'from', text: message.author.name ?? message.author.jid ?? '', dir: 'auto' }) : null,
    message.deletedAt ? make('p', { class: 'gone', text: 'Deleted' }) : drawMedia(message),
    message.deletedAt ? null : make('p', { class: 'said', text: saying(message), dir: 'auto' }),
    message.reactions.length > 0 ? make('p', { text: message.reactions.map((reaction) => reaction.emoji).join(' '), 'aria-label': 'Reactions' }) : null,
    make('span', { class: 'meta' },
      message.editedAt ? 'edited · ' : '',
      make('time', { datetime: message.timestamp, text: when(message.timestamp), title: fullTime(message.timestamp) }),
      word ? make('span', { 'data-status': message.status, text: ` ${sign} ${word}` }) : '',
      message.error ? make('span', { 'data-status': 'failed', text: ` · ${message.error.message}` }) : ''));
}

function saying(message) {
  if (message.poll) {
    return [message.poll.question, ...message.poll.options.map((option) => `• ${option}`)].join('\n');
  }

  if (message.location) {
    return message.location.name ?? `${message.location.latitude}, ${message.location.longitude}`;
  }

  const cards = message.contacts.map((card) => [card.name, ...card.phones].join('\n')).join('\n\n');
  return message.text ?? (cards || (message.media ? '' : kindOf(message.type)));
}

function drawMedia({ media, type }) {
  // Only our own files, whatever an answer may say.
  if (!media?.url?.startsWith('/api/v1/media/')) {
    return null;
  }

  return media.state === 'ready' && (type === 'image' || type === 'sticker')
    ? make('img', { src: media.url, alt: media.fileName ?? kindOf(type), loading: 'lazy' })
    : make('a', { href: media.url, download: media.fileName ?? '', text: `${kindOf(type)} ${media.fileName ?? ''}`.trim() });
}

byId('older').addEventListener('click', async () => {
  const height = box.scrollHeight;
  const asked = chat.id;
  try {
    const page = await get(`/api/v1/chats/${asked}/messages?limit=50&cursor=${encodeURIComponent(older)}`);
    if (chat.id === asked) {
      keep(page.data);
      older = page.nextCursor;
      show(false);
      box.scrollTop += box.scrollHeight - height;
    }
  } catch (error) {
    setText(reply.querySelector('.mistake'), error.message);
  }
});

let sending = newKey();
onSubmit(reply, async (form) => {
  await post('/api/v1/messages', { from: chat.number, to: chat.id, text: form.get('text') }, { 'Idempotency-Key': sending });
  sending = newKey();
  reply.elements.text.value = '';
  drafts.delete(chat.id);
  await changed();
  box.scrollTop = box.scrollHeight;
  reply.elements.text.focus();
});

reply.elements.text.addEventListener('input', () => {
  // Another text is another message; the same one, sent again after a lost answer, is not.
  sending = newKey();
});

reply.elements.text.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    reply.requestSubmit();
  }
});
