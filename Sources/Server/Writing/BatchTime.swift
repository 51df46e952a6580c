/// For how long the writer decides commands before it commits them together.
///
/// Whoever comes meanwhile waits for the rest of it and for two commits. Long batches make few
/// commits, which is worth that wait only where a commit takes long itself: so a batch takes twice
/// as long as the last commits did, within bounds.
struct BatchTime {
  private let minimumNanoseconds: Int64
  private let maximumNanoseconds: Int64
  private(set) var nanoseconds: Int64

  /// The shortest batch: some dozens of small commands, or a step of a long one.
  private static let shortestNanoseconds: Int64 = 1_000_000

  /// Begins with the longest batches, until a commit is known.
  init(maximumNanoseconds: Int64) {
    minimumNanoseconds = min(Self.shortestNanoseconds, maximumNanoseconds)
    self.maximumNanoseconds = maximumNanoseconds
    nanoseconds = maximumNanoseconds
  }

  /// Whatever a commit takes.
  init(constantNanoseconds: Int64) {
    minimumNanoseconds = constantNanoseconds
    maximumNanoseconds = constantNanoseconds
    nanoseconds = constantNanoseconds
  }

  /// Takes how long a commit took: an eighth of the difference counts, so that a single slow one
  /// changes little.
  mutating func note(commitNanoseconds: Int64) {
    let wanted = min(max(2 * commitNanoseconds, minimumNanoseconds), maximumNanoseconds)
    nanoseconds += (wanted - nanoseconds) / 8
  }
}
