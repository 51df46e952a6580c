package import PosternClient

/// Why a command ended without its answer.
package enum Failure: Error {
  /// The arguments mean nothing; the sentence says why. The usage line follows it.
  case misuse(String)
  /// Something outside failed: what, and what to do about it.
  case trouble(String, advice: String)
  /// The daemon refused, or is gone.
  case call(ClientError)
}
