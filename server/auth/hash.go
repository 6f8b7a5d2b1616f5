package auth

import "context"

// HashPassword returns the hash of a password somebody else made, for an Account; only the demo knows passwords. It waits
// its turn and fails with code unavailable when too many wait.
func (s *Service) HashPassword(ctx context.Context, password string) (string, error) {
	return s.passwords.hash(ctx, password)
}
