/// What an operator gives up with a ledger that is not the newest one, or may not be.
package enum LostRevisions: Sendable, Equatable {
  /// So many revisions that this host has acknowledged, as it has noted.
  case count(UInt64)
  /// Whatever it may have acknowledged: its note is gone.
  case unknown

  /// What stands for `unknown` on a command line.
  package static let unknownWord = "unknown"
}
