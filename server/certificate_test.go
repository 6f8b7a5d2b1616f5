package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// writeCertificate makes a self-signed certificate with a serial number, as a renewal would.
func writeCertificate(t *testing.T, dir string, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// serialOf asks a server, on a connection of its own, for a page and returns the certificate's serial number.
func serialOf(t *testing.T, url string) int64 {
	t.Helper()
	// The certificate is self-signed; the test looks at which one it is.
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	resp, err := client.Get(url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("answers %s, HSTS %q", resp.Status, resp.Header.Get("Strict-Transport-Security"))
	}
	return resp.TLS.PeerCertificates[0].SerialNumber.Int64()
}

func TestARenewedCertificateIsTakenUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := settings(t)
	env["ZOUFANG_TLS_CERT"], env["ZOUFANG_TLS_KEY"] = writeCertificate(t, dir, 1)
	p := start(t, env)
	if got := serialOf(t, p.url); got != 1 {
		t.Errorf("serial %d, want 1", got)
	}
	cert, _ := writeCertificate(t, dir, 2)
	if got := serialOf(t, p.url); got != 2 {
		t.Errorf("after the renewal: serial %d, want 2", got)
	}
	if err := os.WriteFile(cert, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := serialOf(t, p.url); got != 2 {
		t.Errorf("with a broken file: serial %d, want 2 as before", got)
	}
	if took := p.quit(); took > 2*time.Second {
		t.Errorf("took %v to stop", took)
	}
}
