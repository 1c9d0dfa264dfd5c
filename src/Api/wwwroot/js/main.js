// The page: a door to sign in through, then numbers, chats and one thread, asked for every two seconds.
import { poll } from './poll.js';
import { byId, setText } from './dom.js';
import { signedIn, signOut } from './session.js';
import { startNumbers, refreshNumbers } from './numbers.js';
import { startChats, refreshChats, offerNumbers } from './chats.js';
import { startThread, refreshThread, openThread, openChatId } from './thread.js';
import './keys.js';

const app = byId('app');
let polling = null;

async function refresh() {
  offerNumbers(await refreshNumbers());
  await refreshThread(await refreshChats(openChatId()));
}

function trouble(error, seconds) {
  if (error?.status === 401) {
    location.reload();
    return;
  }

  setText(byId('trouble'), error ? `${error.message} Trying again in ${seconds} s.` : '');
}

function showPane(pane) {
  app.dataset.pane = pane;
  for (const tab of app.querySelectorAll('.tabs button')) {
    tab.setAttribute('aria-pressed', String(tab.dataset.pane === (pane === 'thread' ? 'chats' : pane)));
  }
}

function openChat(chat) {
  showPane('thread');
  openThread(chat);
  polling.now();
}

async function start() {
  await signedIn();
  setText(byId('trouble'), '');
  app.hidden = false;
  byId('sign-out').hidden = false;
  const again = () => polling.now();
  startNumbers(again);
  startChats(openChat, again);
  startThread(again);
  polling = poll(refresh, trouble);
}

// Before anybody is in, the only question is whether Loopwave answers.
const opening = poll(async () => {
  await start();
  opening.stop();
}, trouble);

byId('sign-out').addEventListener('click', () => signOut().catch((error) => setText(byId('trouble'), error.message)));
byId('back').addEventListener('click', () => showPane('chats'));
for (const tab of app.querySelectorAll('.tabs button')) {
  tab.addEventListener('click', () => showPane(tab.dataset.pane));
}
