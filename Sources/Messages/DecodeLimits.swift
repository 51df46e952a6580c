/// The limits of decoding one message.
public struct DecodeLimits: Sendable {
  /// The memory of the decoded message, in bytes. Default: 64 MiB.
  public var bytes = 64 << 20
  /// The deepest nesting of messages; the contract's own messages need five. Default: 32.
  public var depth = 32
  /// The fields and elements at all levels together. It allows a batch of a thousand items and
  /// bounds the cost of decoding. Default: 200,000.
  public var fields = 200_000

  /// Whether a list of an enum may have at most as many elements as the enum has values, since it
  /// is a set. True for requests. An answer may come from a newer daemon, whose enum has more
  /// values. Default: false.
  public var boundsEnumLists = false

  /// Whether a field that this version does not know is refused, at any level. False for requests
  /// and answers, whose other side may be newer. Default: false.
  public var refusesUnknownFields = false

  /// The defaults.
  public init() {}

  /// The defaults for what a daemon decodes: 50,000 fields, twice what the largest message of an
  /// import holds. The writer unpacks that many in some milliseconds.
  public static var requests: DecodeLimits {
    var limits = DecodeLimits()
    limits.fields = 50_000
    limits.boundsEnumLists = true
    return limits
  }

  /// The defaults with another limit on the memory, in bytes.
  public init(bytes: Int) { self.bytes = bytes }
}

/// Why bytes are not an acceptable message.
public struct DecodingError: Error, Sendable, Equatable {
  /// What is wrong, naming the field if there is one; never a value.
  public let problem: String
  /// The name of the field that is wrong; nil when the bytes as a whole are.
  public let field: String?
  /// Whether a newer version may have written the bytes: they hold a field that is not known.
  public internal(set) var isUnknownField = false

  /// Makes an error with a sentence in lower case.
  public init(_ problem: String, field: String? = nil) {
    self.problem = problem
    self.field = field
  }
}
