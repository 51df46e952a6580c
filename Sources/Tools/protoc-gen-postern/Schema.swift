/// What the generator needs from the `.proto` files, copied from protoc's request.
struct Schema {
  var files: [File] = []
  /// Every message and enum by its full name with a leading dot, as descriptors refer to types.
  var messages: [String: Message] = [:]
  var enums: [String: Enumeration] = [:]

  /// Packages whose messages equal those of another package; in Swift both share the other's types.
  static let twins = ["grpc.reflection.v1alpha": "grpc.reflection.v1"]

  /// Redirects references from a twin's messages to those of the other package. Returns the name of
  /// a message that differs, which is an error.
  mutating func unifyTwins() -> String? {
    for (name, message) in messages {
      guard let twin = Self.twins[message.package] else { continue }
      let other = messages["." + ([twin] + message.path).joined(separator: ".")]
      guard let other, message.members == other.members else { return name }
      messages[name] = other
    }
    return nil
  }

  struct File {
    var name: String
    var package: String
    var messages: [Message]
    var enums: [Enumeration]
    var services: [Service]
  }

  struct Message {
    var fullName: String
    var package: String
    /// The names from the outermost message to this one.
    var path: [String]
    var comment: String
    var fields: [Field]
    var oneofs: [Oneof]
    var nested: [Message]
    var enums: [Enumeration]

    /// Whether protoc generated it as the entry of a map.
    var isMapEntry = false

    /// A description of the encoding, which is equal for equal encodings.
    var members: [String] {
      fields.map { "\($0.name) \($0.number) \($0.kind.word) \($0.isRepeated) \($0.oneof ?? -1)" }
    }
  }

  struct Oneof {
    var name: String
    var comment: String
  }

  struct Field {
    var name: String
    var number: Int
    var kind: Kind
    var isRepeated: Bool
    /// The index of the oneof that holds the field.
    var oneof: Int?
    var comment: String
  }

  enum Kind {
    case scalar(swift: String)
    case bool
    case string
    case bytes
    case enumeration(String)
    case message(String)

    /// The kind without the package of a type.
    var word: String {
      switch self {
      case .scalar(let swift): swift
      case .bool: "bool"
      case .string: "string"
      case .bytes: "bytes"
      case .enumeration(let name), .message(let name): String(name.split(separator: ".").last ?? "")
      }
    }
  }

  struct Enumeration {
    var fullName: String
    var package: String
    var path: [String]
    var comment: String
    var values: [(name: String, number: Int32, comment: String)]
  }

  struct Service {
    var fullName: String
    var name: String
    var package: String
    var comment: String
    var methods: [Method]
  }

  struct Method {
    var name: String
    var input: String
    var output: String
    var isQuery: Bool
    var clientStreams: Bool
    var serverStreams: Bool
    var comment: String
    /// Whether a background thread answers it from a snapshot.
    var isBackground: Bool
    var readsPolicyFile: Bool
    /// Whether a process may give the command without a token and without a role.
    var isOpenToAll: Bool
    /// Whether it may continue in a further step.
    var isInSteps: Bool

    var isUnary: Bool { !clientStreams && !serverStreams }
    /// Whether it reads a snapshot and changes nothing in the ledger.
    var readsSnapshot: Bool { isQuery || isBackground }
    /// Whether its function says how a step ends, beside the answer.
    var returnsStepEnd: Bool { !isQuery && (isInSteps || serverStreams) }
    /// Whether its function is told where the step before stopped.
    var takesStart: Bool { !isQuery && isInSteps }
    /// Whether its function says where another step continues, beside the answer.
    var returnsRest: Bool { isQuery && isInSteps }
  }
}
