import type { AuthenticationCreds, BaileysEventMap, WASocket } from 'baileys'

/**
 * Keeps the library from showing the number as online: then the phone would tell its owner of no new message. When the number's name has
 * changed the library says so to the network, in words that mean that somebody is there, and every change in which there is no name, such as
 * that of a counter, it takes for one. So what has changed is in the credentials before it looks, and the name is told from here, with
 * the word that nobody is there.
 * @param isOpen Whether the name can be told; when the number logs in, the library does it, as it should.
 */
export function stayUnavailable(
  { ev, sendPresenceUpdate }: Pick<WASocket, 'ev' | 'sendPresenceUpdate'>, creds: AuthenticationCreds, isOpen: () => boolean, failed: (error: unknown) => void,
): void {
  const emit = ev.emit.bind(ev)
  let name = creds.me?.name
  const change = (update: Partial<AuthenticationCreds>): boolean => {
    Object.assign(creds, update)
    const isHeard = emit('creds.update', { ...update, ...(creds.me ? { me: creds.me } : {}) })
    if (creds.me?.name !== name) {
      name = creds.me?.name
      if (name && isOpen()) {
        void sendPresenceUpdate('unavailable').catch(failed)
      }
    }
    return isHeard
  }
  ev.emit = <T extends keyof BaileysEventMap>(event: T, data: BaileysEventMap[T]) =>
    event === 'creds.update' ? change(data as Partial<AuthenticationCreds>) : emit(event, data)
}
