// Package storage holds the plain types that are stored and never cross the network as they are. What crosses it is
// package wire's; what the sync engine needs of a store is engine.Store. The folders below hold the stores: sqlite and
// disk are the embedded default. storagetest is the suite every one of them must pass.
package storage
