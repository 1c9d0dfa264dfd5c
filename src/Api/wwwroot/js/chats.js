// The list of chats, and sending a message to somebody new.
import { get, post, newKey } from './api.js';
import { byId, make, keepList, onSubmit, setText } from './dom.js';
import { when, fullTime, kindOf, phone } from './words.js';

let opened = null;
let open = () => {};
let changed = () => {};

/** `openChat(chat)` shows a chat; `again` is called after a send. */
export function startChats(openChat, again) {
  open = openChat;
  changed = again;
}

/** Reads and shows the latest chats; returns them. */
export async function refreshChats(current) {
  opened = current;
  const chats = (await get('/api/v1/chats?limit=100')).data;
  show(chats);
  return chats;
}

export const titleOf = (chat) => chat.name ?? (chat.phone ? phone(chat.phone) : chat.chatId);

function show(chats) {
  keepList(byId('chat-list'), chats.map((chat) => ({ ...chat, current: chat.id === opened })), draw);
  byId('no-chat').hidden = chats.length > 0;
  const unread = chats.reduce((sum, chat) => sum + chat.unreadCount, 0);
  byId('unread-total').hidden = unread === 0;
  setText(byId('unread-total'), String(unread));
  document.title = unread > 0 ? `(${unread}) Loopwave` : 'Loopwave';
}

function draw(chat) {
  const last = chat.lastMessage;
  const preview = last ? `${last.fromMe ? 'You: ' : ''}${last.text ?? kindOf(last.type)}` : '';
  return make('li', {},
    make('button', { class: 'chat', type: 'button', 'data-act': 'open', 'aria-current': String(chat.current), onclick: () => open(chat) },
      make('b', { text: titleOf(chat), dir: 'auto' }),
      chat.lastMessageAt ? make('time', { datetime: chat.lastMessageAt, text: when(chat.lastMessageAt), title: fullTime(chat.lastMessageAt) }) : make('span'),
      make('span', { text: preview, dir: 'auto' }),
      chat.unreadCount > 0 ? make('span', { class: 'badge', text: String(chat.unreadCount), 'aria-label': `${chat.unreadCount} unread` }) : make('span')));
}

/** Offers the numbers that a message can be sent from. */
export function offerNumbers(numbers) {
  const select = byId('new-message').elements.from;
  const offered = numbers.filter((number) => !number.removedAt);
  keepList(select, offered.map((number) => ({ id: number.id, label: number.label })), (number) =>
    make('option', { value: number.id, text: number.label }));
  byId('new-message').hidden = offered.length === 0;
}

let sending = newKey();
onSubmit(byId('new-message'), async (form) => {
  const sent = await post('/api/v1/messages',
    { from: form.get('from'), to: form.get('to'), text: form.get('text') }, { 'Idempotency-Key': sending });
  sending = newKey();
  byId('new-message').elements.text.value = '';
  const message = await get(`/api/v1/messages/${sent.id}`);
  open(await get(`/api/v1/chats/${message.chat}`));
  await changed();
});
