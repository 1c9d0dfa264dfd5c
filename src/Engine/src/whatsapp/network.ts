import type { Network } from '../numbers/network.js'
import { WhatsAppSession } from './session.js'
import { checkSignatures } from './trust.js'

export const engineName = 'baileys 7.0.0-rc14'

checkSignatures()

export const whatsApp: Network = {
  connect: (request, port) => new WhatsAppSession(request, port),
}

/**
 * The library starts work for a connection that nobody awaits, such as answering a preview of waiting messages; when the
 * connection is lost meanwhile that work fails, which is no fault of the host.
 */
export function isLostConnection(error: unknown): boolean {
  const { isBoom, output } = (error ?? {}) as { isBoom?: boolean; output?: { statusCode?: number } }
  return isBoom === true && (output?.statusCode === 408 || output?.statusCode === 428)
}
