/// Why the daemon can't be configured or started, as one sentence that says what to do next.
package struct ConfigurationError: Error, Sendable {
  package let message: String

  package init(_ message: String) { self.message = message }
}
