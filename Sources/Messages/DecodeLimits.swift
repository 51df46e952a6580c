/// What decoding one message may take.
public struct DecodeLimits: Sendable {
  /// The memory of the decoded message, in bytes. Default: 64 MiB.
  public var bytes = 64 << 20
  /// The deepest nesting of messages; the contract's own go to five. Default: 32.
  public var depth = 32
  /// The fields and elements at every level together: enough for a batch of a thousand items, too
  /// few to make decoding expensive. Default: 200,000.
  public var fields = 200_000

  /// Whether a list of an enum is a set, which never needs more elements than the enum has values:
  /// so it is in requests. An answer may come from a newer daemon, whose enum has more. Default:
  /// false.
  public var boundsEnumLists = false

  /// The defaults.
  public init() {}

  /// The defaults for what a daemon decodes: 50,000 fields, twice what the largest message of an
  /// import holds. Unpacking as many takes the writer some milliseconds.
  public static var requests: DecodeLimits {
    var limits = DecodeLimits()
    limits.fields = 50_000
    limits.boundsEnumLists = true
    return limits
  }

  /// The defaults with another bound on the memory, in bytes.
  public init(bytes: Int) { self.bytes = bytes }
}

/// Why bytes are not a message that may be decoded.
public struct DecodingError: Error, Sendable, Equatable {
  /// What is wrong, naming the field where there is one; never a value.
  public let problem: String
  /// The name of the field that is wrong; nil when the bytes as a whole are.
  public let field: String?

  /// Makes an error with a sentence in lower case.
  public init(_ problem: String, field: String? = nil) {
    self.problem = problem
    self.field = field
  }
}
