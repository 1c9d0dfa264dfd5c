import type { proto, SocketConfig } from 'baileys'

/**
 * The library's hook for what is about to be encrypted: has each device get it once. In a chat with ourselves the library finds our other devices
 * twice, as our own and as those of who it writes to. Only then it may be told what is for whom: in groups it wants to hear of none.
 */
export const eachOnce = ((message: proto.IMessage, devices?: string[]) => {
  const different = new Set(devices)
  return different.size < (devices?.length ?? 0) ? [...different].map((recipientJid) => ({ recipientJid, message })) : message
}) as SocketConfig['patchMessageBeforeSending']
