/// The outcome of reading the policy file.
package enum PolicyReading: Sendable {
  /// The daemon runs without one.
  case noFile
  /// The file can't be read, and why.
  case unreadable(String)
  case broken(BrokenPolicy)
  case good(PolicyCandidate)
}
