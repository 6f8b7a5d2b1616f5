package wire

// SignIn is the body of POST /api/v1/sessions.
type SignIn struct {
	Username string `json:"username"`
	Password string `json:"password"`
	// Device continues this installation's device (with Proof); absent asks for a new one.
	Device DeviceID `json:"device,omitempty"`
	// DeviceName is what the person will recognise ("Chrome · Android").
	DeviceName string `json:"deviceName"`
	// DeviceKey is the installation's public P-256 key; its private half is not extractable.
	DeviceKey *PublicKey `json:"deviceKey,omitzero"`
	// Proof signs "zoufang/sign-in/v1\n" + device + "\n" + username with the device key: base64url of r||s.
	Proof string `json:"proof,omitempty"`
	// Bearer asks for tokens in the answer instead of cookies (API clients).
	Bearer bool `json:"bearer,omitzero"`
}

// PublicKey is a P-256 public key as a JWK (RFC 7517).
type PublicKey struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// Refresh is the body of POST /api/v1/sessions/refresh. The same nonce again gets the same answer (a lost reply).
type Refresh struct {
	// Nonce is random, 16 to 64 characters of base64url, new for every refresh but not for its retries.
	Nonce string `json:"nonce"`
	// Proof signs "zoufang/refresh/v1\n" + nonce with the device key: base64url of r||s.
	Proof string `json:"proof"`
	// Token is the refresh token of a bearer session; browsers send their cookie.
	Token string `json:"token,omitempty"`
}

// Session tells who is signed in, on which device, until when.
type Session struct {
	User   UserID   `json:"user"`
	School SchoolID `json:"school"`
	// SchoolName, Name and Post are for the screen.
	SchoolName string   `json:"schoolName"`
	Username   string   `json:"username"`
	Name       string   `json:"name"`
	Post       string   `json:"post"`
	Role       Role     `json:"role"`
	Device     DeviceID `json:"device"`
	// Admin: holds the administrators' office. ProxyFor: people this person may enter visits for (代录).
	Admin    bool     `json:"admin"`
	ProxyFor []UserID `json:"proxyFor"`
	// PasswordDue: choose a password of your own before anything else.
	PasswordDue bool `json:"passwordDue"`
	// ExpiresAt is when the access token ends, Unix milliseconds.
	ExpiresAt int64 `json:"expiresAt"`
	// Access and Refresh are only there in a bearer session.
	Access  string `json:"access,omitempty"`
	Refresh string `json:"refresh,omitempty"`
}

// PasswordChange is the body of POST /api/v1/me/password.
type PasswordChange struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// Setup is the body of POST /api/v1/setup: the one-time code makes the school and its first administrator.
type Setup struct {
	Code       string `json:"code"`
	SchoolName string `json:"schoolName"`
	Username   string `json:"username"`
	Name       string `json:"name"`
	Password   string `json:"password"`
}

// Import is the body of POST /api/v1/import: CSV texts, each may be empty. Check only looks and changes nothing.
type Import struct {
	People   string `json:"people"`
	Places   string `json:"places"`
	Calendar string `json:"calendar"`
	Check    bool   `json:"check,omitzero"`
}

// ImportReport answers an Import.
type ImportReport struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	// Logins are the new accounts with one-time passwords, shown once.
	Logins []Login `json:"logins"`
}

// Login is a user name with a one-time password that must be changed at the first sign-in.
type Login struct {
	Username string `json:"username"`
	Name     string `json:"name"`
	Password string `json:"password"`
}

// AccountInfo is a row of the office's list of accounts, in official order. It holds no usage statistics (F3).
type AccountInfo struct {
	User        UserID `json:"user"`
	Username    string `json:"username"`
	Name        string `json:"name"`
	Post        string `json:"post"`
	Admin       bool   `json:"admin"`
	Disabled    bool   `json:"disabled"`
	PasswordDue bool   `json:"passwordDue"`
}

// ProblemDetails is the body of every error (RFC 9457, application/problem+json).
type ProblemDetails struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   Code   `json:"code"`
	Detail string `json:"detail,omitempty"`
	// Request is the id under which the server's log knows this.
	Request string `json:"request"`
	// Faults list every single fault of an import or a form.
	Faults []ImportFault `json:"faults,omitempty"`
}

// ImportFault names one fault: file, line (1 = header) and column.
type ImportFault struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column string `json:"column"`
	// Fault is a stable word, Value what stood there.
	Fault string `json:"fault"`
	Value string `json:"value"`
}

// ServerInfo is the answer of GET /api/v1/server: what a phone may know before anybody signed in.
type ServerInfo struct {
	// Setup is true while no school exists and the one-time code is waited for.
	Setup bool `json:"setup"`
	// Demo is true for the invented school.
	Demo       bool   `json:"demo"`
	SchoolName string `json:"schoolName"`
	Version    string `json:"version"`
	// ServerTime is Unix milliseconds.
	ServerTime int64 `json:"serverTime"`
}
