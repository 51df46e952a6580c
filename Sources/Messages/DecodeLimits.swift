/// What decoding one message may take.
public struct DecodeLimits: Sendable {
  /// The memory of the decoded message, in bytes. Default: 64 MiB.
  public var bytes = 64 << 20
  /// The deepest nesting of messages; the contract's own go to five. Default: 32.
  public var depth = 32
  /// The fields and elements at every level together: enough for a batch of a thousand items, too
  /// few to make decoding expensive. Default: 200,000.
  public var fields = 200_000

  /// The defaults.
  public init() {}

  /// The defaults with another bound on the memory, in bytes.
  public init(bytes: Int) { self.bytes = bytes }
}
