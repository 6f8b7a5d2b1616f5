package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"math/big"

	"zoufang/sync/wire"
)

// parseKey reads a P-256 public key from its JWK into 65 uncompressed bytes. It fails with code malformed.
func parseKey(k *wire.PublicKey) ([]byte, error) {
	x, xOK := decode(k.X, 32)
	y, yOK := decode(k.Y, 32)
	if k.Kty != "EC" || k.Crv != "P-256" || !xOK || !yOK {
		return nil, wire.Fault(wire.CodeMalformed, "deviceKey")
	}
	key := append(append([]byte{4}, x...), y...)
	if _, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key); err != nil {
		return nil, wire.Fault(wire.CodeMalformed, "deviceKey")
	}
	return key, nil
}

// keyThumbprint is the RFC 7638 thumbprint of an uncompressed P-256 key; "" for no key.
func keyThumbprint(key []byte) string {
	if len(key) != 65 {
		return ""
	}
	x, y := base64.RawURLEncoding.EncodeToString(key[1:33]), base64.RawURLEncoding.EncodeToString(key[33:])
	return thumbprint(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`)
}

// proves reports whether proof is the key's signature of message: ECDSA with SHA-256, r and s of 32 bytes each, in
// base64url, which is what WebCrypto makes.
func proves(key []byte, message, proof string) bool {
	signature, ok := decode(proof, 64)
	if !ok {
		return false
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key)
	if err != nil {
		return false
	}
	digest := sha256.Sum256([]byte(message))
	return ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
}

// What a device key signs. The first line keeps one kind of signature from passing as another.
func signInMessage(device wire.DeviceID, username string) string {
	return "zoufang/sign-in/v1\n" + string(device) + "\n" + username
}

func refreshMessage(nonce string) string { return "zoufang/refresh/v1\n" + nonce }
