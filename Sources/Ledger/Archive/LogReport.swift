/// What verifying a stretch of the log found.
package struct LogReport: Sendable {
  /// The first entry that is missing, damaged, or doesn't fit to the one before.
  package struct Fault: Sendable, Equatable {
    package let revision: UInt64
    /// What is wrong with it, as one sentence for people.
    package let sentence: String
  }

  /// The last entry that was read and is whole; the one before the first when none was.
  package var verifiedRevision: UInt64
  /// The SHA-256 of that entry; nil when none was read and none was expected.
  package var verifiedHash: SHA256.Digest?
  /// What is broken; nil when everything that was read is whole.
  package var fault: Fault?
}
