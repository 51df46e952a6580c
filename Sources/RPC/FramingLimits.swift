/// What one connection may hold, for either framing.
package struct FramingLimits: Sendable {
  /// The largest encoded message in bytes. Default: 4 MiB.
  package var messageBytes = 4 << 20
  /// The most bytes of request headers or metadata, names and values and 32 each, as HTTP/2 counts.
  /// Default: 8 KiB.
  package var headerBytes = 8 << 10
  /// The most calls that one connection may have open. Default: 1,024.
  package var callsInFlight = 1024

  package init() {}
}
