import type { AuthenticationCreds, SignalDataTypeMap } from 'baileys'
import { proto } from 'baileys'
import { withoutOldChains } from './chains.js'

/** How a secret is written: JSON text, with bytes as `{"$b":"<base64>"}`. */
export function encode(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, written: unknown) {
    // Buffers have a toJSON that runs first, so the holder is asked for the original.
    const original = this[key]
    return original instanceof Uint8Array ? { $b: Buffer.from(original).toString('base64') } : written
  })
}

export function decode<T>(text: string): T {
  return JSON.parse(text, (_, value: unknown) => {
    const bytes = (value as { $b?: unknown } | null)?.$b
    return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : value
  }) as T
}

export function decodeKey<T extends keyof SignalDataTypeMap>(type: T, text: string): SignalDataTypeMap[T] {
  if (type === 'app-state-sync-key') {
    // Written as plain JSON by the library's own classes, which must read it again.
    return proto.Message.AppStateSyncKeyData.fromObject(JSON.parse(text) as object) as unknown as SignalDataTypeMap[T]
  }
  return decode<SignalDataTypeMap[T]>(text)
}

export function encodeKey(type: keyof SignalDataTypeMap, value: unknown): string {
  switch (type) {
    case 'app-state-sync-key':
      return JSON.stringify(proto.Message.AppStateSyncKeyData.fromObject(value as object).toJSON())
    case 'session':
      return encode(withoutOldChains(value))
    default:
      return encode(value)
  }
}

export function encodeCreds(creds: AuthenticationCreds): string {
  const account = creds.account && proto.ADVSignedDeviceIdentity.toObject(
    proto.ADVSignedDeviceIdentity.fromObject(creds.account), { bytes: Buffer })
  return encode({ ...creds, account })
}

export function decodeCreds(text: string): AuthenticationCreds {
  return decode<AuthenticationCreds>(text)
}
