internal import Messages

/// The name of a machine in a fleet, as the log keeps it with each change that was decided there.
package struct HostName: Sendable, Hashable {
  /// UTF-8 without NUL, 1 to `maximumBytes` bytes.
  package let bytes: [UInt8]

  /// As long as a host's name in the DNS.
  package static let maximumBytes = 253

  /// Nil for what is no such name.
  package init?(_ name: some Collection<UInt8>) {
    let bytes = Array(name)
    guard !bytes.isEmpty, bytes.count <= Self.maximumBytes, bytes.span.isText else { return nil }
    self.bytes = bytes
  }
}
