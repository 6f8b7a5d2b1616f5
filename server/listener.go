package main

import (
	"net"
	"sync"
)

// listener knows its open connections, so that a stop need not wait for those on which nothing is going on: browsers open
// some in advance and keep others for minutes.
type listener struct {
	net.Listener

	mu       sync.Mutex
	open     map[*connection]struct{}
	stopping bool
}

func track(l net.Listener) *listener {
	return &listener{Listener: l, open: map[*connection]struct{}{}}
}

// connection is busy from the first byte of a request until its answer is written.
type connection struct {
	net.Conn
	of   *listener
	busy bool // guarded by of.mu
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tracked := &connection{Conn: c, of: l}
		l.mu.Lock()
		stopping := l.stopping
		if !stopping {
			l.open[tracked] = struct{}{}
		}
		l.mu.Unlock()
		if !stopping {
			return tracked, nil
		}
		_ = c.Close() // nothing was read from it
	}
}

// stop closes the connections that are not busy; busy ones close when they are done.
func (l *listener) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopping = true
	for c := range l.open {
		if !c.busy {
			_ = c.Conn.Close() // the peer sees it, nobody else needs to
		}
	}
}

// idle notes that the answer to a connection's last request is written.
func (l *listener) idle(c net.Conn) {
	tracked, ok := c.(*connection)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	tracked.busy = false
}

func (c *connection) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.of.mu.Lock()
		c.busy = true
		c.of.mu.Unlock()
	}
	return n, err
}

func (c *connection) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
