import type { Network } from '../numbers/network.js'

export const engineName = 'baileys 7.0.0-rc14'
export declare const whatsApp: Network
