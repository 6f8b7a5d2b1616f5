package sqlite

import (
	"fmt"
	"os"
	"testing"
)

// The test binary starts itself again where a test needs a second process; childEnv says as what.
const childEnv = "ZOUFANG_TEST_SQLITE_CHILD"

func TestMain(m *testing.M) {
	role, dir := os.Getenv(childEnv), os.Getenv(childEnv+"_DIR")
	var err error
	switch role {
	case "":
		os.Exit(m.Run())
	case "opens":
		err = openAsChild(dir)
	case "writes", "acknowledges early":
		err = writeUntilKilled(dir, role == "acknowledges early")
	default:
		err = fmt.Errorf("no child is called %q", role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
