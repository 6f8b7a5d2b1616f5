package wire

// Limits of the protocol, kept by phone and server alike. Sizes are bytes of JSON.
//
//ts:const
const (
	// Schema is the version of the wire types that this code writes. A server reads Schema, Schema-1 and Schema-2.
	Schema = 1
	// MaxMutationBytes bounds one mutation.
	MaxMutationBytes = 262144
	// MaxPushMutations and MaxPushBytes bound one push.
	MaxPushMutations = 100
	MaxPushBytes     = 1048576
	// MaxRequestBytes bounds the whole body of a sync request.
	MaxRequestBytes = 1114112
	// MaxPullDocuments and MaxPullBytes bound one page of a pull; a page ends at whichever comes first.
	MaxPullDocuments = 500
	MaxPullBytes     = 1048576
	// MaxPhotos bounds the photos of a visit (photos are an offer, never a condition).
	MaxPhotos = 9
	// MaxPhotoBytes bounds one photo; MaxPhotoSide (pixels) and MaxPhotoPixels bound what its header may claim.
	MaxPhotoBytes  = 8388608
	MaxPhotoSide   = 16384
	MaxPhotoPixels = 50000000
	// MaxSummaryRunes bounds a visit's summary, MaxNameRunes a place's or group's name, MaxReasonRunes a reason.
	MaxSummaryRunes = 2000
	MaxNameRunes    = 60
	MaxReasonRunes  = 200
	// MaxParticipants bounds the colleagues of a joint visit.
	MaxParticipants = 20
	// MaxCount bounds a number of people.
	MaxCount = 9999
	// MaxConflicts bounds the open conflicts a document carries; older ones stay in the journal.
	MaxConflicts = 20
)
