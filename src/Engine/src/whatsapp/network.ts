import type { Network } from '../numbers/network.js'
import { boundInflating } from './inflating.js'
import { WhatsAppSession } from './session.js'
import { checkSignatures } from './trust.js'
import { fetchWholeFiles } from './wholeFiles.js'

export const engineName = 'baileys 7.0.0-rc14'

checkSignatures()
fetchWholeFiles()
boundInflating()

export const whatsApp: Network = {
  connect: (request, port) => new WhatsAppSession(request, port),
}
