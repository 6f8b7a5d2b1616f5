package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"zoufang/sync/wire"
)

const (
	setupCode = "bench-setup-code-0001"
	password  = "a long bench password"
)

// server is a running server with a school of people who have chosen their passwords.
type server struct {
	cmd    *exec.Cmd
	url    string
	data   string
	people []string // user names
}

// startServer starts the built binary on an empty data folder, sets the school up and gives everybody a password.
func startServer(bin, data string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	s := &server{cmd: exec.Command(bin), url: "http://" + addr, data: data}
	s.cmd.Env = append(os.Environ(), "ZOUFANG_ADDR="+addr, "ZOUFANG_DATA="+data, "ZOUFANG_DEMO=", "ZOUFANG_SETUP_CODE="+setupCode, "ZOUFANG_LOG_LEVEL=warn")
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w (`make build` first)", bin, err)
	}
	if err := s.wait(); err != nil {
		s.stop()
		return nil, err
	}
	if err := s.fill(); err != nil {
		s.stop()
		return nil, fmt.Errorf("fill the school: %w", err)
	}
	return s, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// wait asks until the server answers.
func (s *server) wait() error {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(s.url + "/readyz")
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	return errors.New("the server does not answer")
}

func (s *server) stop() {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err == nil {
		_ = s.cmd.Wait() // how it ends does not change what was measured
	}
}

// fill makes the school: an administrator and 61 cadres.
func (s *server) fill() error {
	office := s.client()
	if err := office.post("/api/v1/setup", wire.Setup{Code: setupCode, SchoolName: "测速学校", Username: "office", Name: "office", Password: password}, nil); err != nil {
		return err
	}
	office, err := s.signIn("office", password)
	if err != nil {
		return err
	}
	var csv strings.Builder
	csv.WriteString("username,name,role,unit\n")
	for i := range 61 {
		fmt.Fprintf(&csv, "c%02d,干部%02d,dept_head,机关\n", i, i)
	}
	var report wire.ImportReport
	if err := office.post("/api/v1/import", wire.Import{People: csv.String()}, &report); err != nil {
		return err
	}
	for _, login := range report.Logins {
		c, err := s.signIn(login.Username, login.Password)
		if err != nil {
			return err
		}
		if err := c.post("/api/v1/me/password", wire.PasswordChange{Old: login.Password, New: password}, nil); err != nil {
			return err
		}
		s.people = append(s.people, login.Username)
	}
	return nil
}

// person takes the next cadre who was not used yet.
func (s *server) person() (string, error) {
	if len(s.people) == 0 {
		return "", errors.New("no cadre is left: too many runs")
	}
	name := s.people[0]
	s.people = s.people[1:]
	return name, nil
}

// fresh signs the next unused cadre in.
func (s *server) fresh() (*client, error) {
	name, err := s.person()
	if err != nil {
		return nil, err
	}
	return s.signIn(name, password)
}
