package server

// Cutoffs says what a purge may remove at a time.
var Cutoffs = cutoffs
