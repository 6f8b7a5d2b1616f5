import type { PublicKey } from '@/wire/generated'
import { base64url } from '@/db/clock'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** Makes the key pair of an installation. The private half cannot be exported, not even by this app. */
export async function newKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
}

/** The public half as the server takes it. */
export async function publicKey(keys: CryptoKeyPair): Promise<PublicKey> {
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', keys.publicKey)
  return { kty: 'EC', crv: 'P-256', x, y }
}

/** Signs `text` (UTF-8) with SHA-256: base64url of r||s. */
export async function sign(keys: CryptoKeyPair, text: string): Promise<string> {
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, keys.privateKey, new TextEncoder().encode(text))
  return base64url(new Uint8Array(signature))
}
