internal import Platform

/// Why there are no figures: one sentence in lower case.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }

  /// A system call that failed; `action` says what it was for.
  init(_ action: String, _ error: Errno) {
    description = "can't \(action): \(error)"
  }
}
