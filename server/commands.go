package main

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"text/tabwriter"
	"time"

	"zoufang/server/config"
	"zoufang/server/demo"
	"zoufang/server/school"
	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// welcome seeds the demo, or makes the one-time set-up code of an empty data folder, and prints what people need to
// sign in. These go to standard output, never to the log.
func (s *services) welcome(ctx context.Context, cfg config.Config, stdout io.Writer) error {
	if cfg.Demo {
		key, err := hkdf.Key(sha256.New, s.keys.Refresh, nil, "zoufang/demo", sha256.Size)
		if err != nil {
			return err
		}
		logins, err := demo.Seed(ctx, s.db, s.auth, s.school, s.engine, s.photos, key, time.Now())
		if err != nil {
			return fmt.Errorf("seed the demo: %w", err)
		}
		return printLogins(stdout, logins)
	}
	code, err := s.auth.NewSetupCode(ctx, string(cfg.SetupCode))
	switch {
	case err != nil && wire.CodeOf(err) == wire.CodeConflict: // there is a school
		return nil
	case err != nil:
		return err
	case cfg.SetupCode != "": // the operator knows it
		return nil
	}
	_, err = fmt.Fprintln(stdout, "One-time set-up code for the first administrator:", code)
	return err
}

func printLogins(w io.Writer, logins []wire.Login) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range logins {
		// tabwriter keeps errors for Flush.
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", l.Username, l.Password, l.Name)
	}
	return table.Flush()
}

// importCSV brings people, places and the calendar into the data folder. The server must not run: two processes never
// share a folder; while it runs, the import page does the same.
func importCSV(ctx context.Context, cfg config.Config, log *slog.Logger, args []string, stdout io.Writer) (err error) {
	files, check, err := importArgs(args)
	if err != nil {
		return err
	}
	in := wire.Import{Check: check}
	for i, text := range []*string{&in.People, &in.Places, &in.Calendar} {
		b, err := os.ReadFile(files[i])
		if err != nil {
			return err
		}
		*text = school.Text(b)
	}
	s, err := open(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	by, err := s.office(ctx)
	if err != nil {
		return err
	}
	report, err := s.school.Import(ctx, by, &in)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "created %d, changed %d, unchanged %d\n", report.Created, report.Changed, report.Unchanged); err != nil || check {
		return err
	}
	return printLogins(stdout, report.Logins)
}

// importArgs reads three file names, and -check before, between or after them.
func importArgs(args []string) (files []string, check bool, err error) {
	set := flag.NewFlagSet("import", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.BoolVar(&check, "check", false, "look only")
	for {
		if err := set.Parse(args); err != nil {
			return nil, false, fmt.Errorf("import: %w", err)
		}
		if set.NArg() == 0 {
			break
		}
		files, args = append(files, set.Arg(0)), set.Args()[1:]
	}
	if len(files) != 3 {
		return nil, false, errors.New("usage: zoufang import people.csv places.csv calendar.csv [-check]")
	}
	return files, check, nil
}

// office returns the first administrator: whoever may open the data folder acts for the office.
func (s *services) office(ctx context.Context) (*engine.Principal, error) {
	schools, err := s.db.Schools(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range schools {
		accounts, err := s.db.Accounts(ctx, one.ID)
		if err != nil {
			return nil, err
		}
		if admin := firstAdmin(accounts); admin != nil {
			return &engine.Principal{School: one.ID, User: admin.User, Scopes: engine.ScopesOf(admin.User, admin.Units, true), Admin: true}, nil
		}
	}
	return nil, errors.New("no school yet: start the server and set it up with the one-time code first")
}

func firstAdmin(accounts []storage.Account) *storage.Account {
	for i := range accounts {
		if accounts[i].Admin && !accounts[i].Disabled {
			return &accounts[i]
		}
	}
	return nil
}

// health asks the server on this machine whether it is there, for the HEALTHCHECK of a container, which has no curl.
func health(ctx context.Context, cfg config.Config) error {
	host, port, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	client := http.Client{Timeout: 5 * time.Second}
	scheme := "http"
	if cfg.TLSCert != "" {
		scheme = "https"
		// The certificate names another host; this asks whether we answer, not who we are.
		client.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", request.URL, response.Status)
	}
	return nil
}
