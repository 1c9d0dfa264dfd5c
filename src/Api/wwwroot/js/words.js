// How facts are said to people.

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

/** The time if it is of today, else the day. */
export function when(time) {
  const date = new Date(time);
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`;
}

export const fullTime = (time) => full.format(new Date(time));

export const secondsUntil = (time) => Math.max(0, Math.ceil((new Date(time) - Date.now()) / 1000));

export const phone = (digits) => `+${digits}`;

/** Icon, word and tone of a number's state. */
export function stateOf(number) {
  if (number.removedAt) {
    return { icon: '✕', word: 'Unlinked', tone: 'neutral' };
  }

  switch (number.detail ?? number.status) {
    case 'ready': return { icon: '✓', word: 'Ready', tone: 'ok' };
    case 'linking': return { icon: '▦', word: 'Linking', tone: 'info' };
    case 'connecting': return { icon: '…', word: 'Connecting', tone: 'info' };
    case 'stopped': return { icon: '❚❚', word: 'Stopped', tone: 'neutral' };
    case 'restricted': return { icon: '!', word: 'Restricted', tone: 'bad' };
    case 'disconnected': return { icon: '⚡', word: 'Disconnected', tone: 'warn' };
    default: return { icon: '⏻', word: 'Not linked', tone: 'bad' };
  }
}

/** Sign and word of a message of ours. */
export function tickOf(status) {
  switch (status) {
    case 'scheduled': return ['◷', 'Scheduled'];
    case 'queued': return ['◷', 'Waiting'];
    case 'sent': return ['✓', 'Sent'];
    case 'delivered': return ['✓✓', 'Delivered'];
    case 'read': return ['✓✓', 'Read'];
    case 'failed': return ['!', 'Not sent'];
    case 'cancelled': return ['✕', 'Cancelled'];
    default: return ['', ''];
  }
}

const kinds = {
  image: 'Photo', video: 'Video', audio: 'Audio', voice: 'Voice message', document: 'Document', sticker: 'Sticker',
  location: 'Place', contact: 'Contact card', poll: 'Poll', unsupported: 'A kind of message that cannot be shown here',
};

/** What stands for a message that has no text. */
export const kindOf = (type) => kinds[type] ?? '';
