import { Curve, hmacSign, proto } from 'baileys'
import { verify } from './curve.js'

const ACCOUNT = Buffer.from([6, 0])
const DEVICE = Buffer.from([6, 1])

/** What a phone signs for a device it links: proof for everybody that the device belongs to the account. */
export function signDevice({ accountKey, deviceIdentity, keyIndex, secret, rawId }) {
  const details = proto.ADVDeviceIdentity.encode({
    rawId,
    timestamp: Math.floor(Date.now() / 1000),
    keyIndex,
    accountType: proto.ADVEncryptionType.E2EE,
    deviceType: proto.ADVEncryptionType.E2EE
  }).finish()
  const accountSignature = Curve.sign(accountKey.private, Buffer.concat([ACCOUNT, details, deviceIdentity]))
  const signed = proto.ADVSignedDeviceIdentity.encode({ details, accountSignatureKey: accountKey.public, accountSignature }).finish()
  return proto.ADVSignedDeviceIdentityHMAC.encode({ details: signed, hmac: hmacSign(signed, secret) }).finish()
}

/** Why a device's own proof is not good; undefined when it is. */
export function flawOf(proof, { accountKey, deviceIdentity }) {
  let identity
  try {
    identity = proto.ADVSignedDeviceIdentity.decode(proof)
  } catch {
    return 'cannot be read'
  }
  const { details, accountSignature, deviceSignature } = identity
  if (!details?.length || !accountSignature?.length || !deviceSignature?.length) return 'lacks a part'
  if (!verify(accountKey, Buffer.concat([ACCOUNT, details, deviceIdentity]), accountSignature)) return 'has a wrong account signature'
  if (!verify(deviceIdentity, Buffer.concat([DEVICE, details, deviceIdentity, accountKey]), deviceSignature)) return 'has a wrong device signature'
  return undefined
}
