package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
)

// certificate is a TLS certificate in two files, read again when they change, so that renewing it needs no restart.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	stamp  string
	loaded *tls.Certificate
}

// tlsConfig reads the files once, so that a fault shows at start, and then at each handshake that finds them changed. A
// change that cannot be read is logged, and the certificate before it goes on.
func tlsConfig(cert, key string, log *slog.Logger) (*tls.Config, error) {
	c := &certificate{cert: cert, key: key, log: log}
	if err := c.load(c.fingerprint()); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: c.current}, nil
}

func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stamp := c.fingerprint(); stamp != c.stamp {
		if err := c.load(stamp); err != nil {
			c.log.Error("changed certificate not taken", slog.Any("error", err))
			c.stamp = stamp // said once
		} else {
			c.log.Info("certificate changed")
		}
	}
	return c.loaded, nil
}

func (c *certificate) load(stamp string) error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	c.loaded, c.stamp = &pair, stamp
	return nil
}

// fingerprint tells when the files were written. Missing files have one too: they are being replaced.
func (c *certificate) fingerprint() string {
	stamp := ""
	for _, path := range []string{c.cert, c.key} {
		if info, err := os.Stat(path); err == nil {
			stamp += fmt.Sprintf("%d %d\n", info.Size(), info.ModTime().UnixNano())
		}
	}
	return stamp
}
