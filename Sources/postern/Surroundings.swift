/// What a command sees of the world outside, so that tests can show it another one.
package protocol Surroundings {
  /// A variable of the environment; nil if it is unset or empty.
  func variable(_ name: String) -> String?
  /// Whether the process runs as root.
  var isRoot: Bool { get }
  /// Seconds since 1970-01-01T00:00:00Z.
  var nowSeconds: Int64 { get }
  /// Whether there is something at `path`.
  func exists(_ path: String) -> Bool
  /// Reads a secret from standard input, asking with `prompt` if a person sits there; nil if there
  /// is none.
  func readSecret(prompt: String) throws(Failure) -> Secret?
  /// Writes to standard output.
  func write(_ text: String) throws(Failure)
  /// Writes to standard error.
  func writeError(_ text: String)
}
