/// What the generator needs to know of the `.proto` files, copied out of protoc's request.
struct Schema {
  var files: [File] = []
  /// Every message and enum by its full name with a leading dot, as descriptors refer to types.
  var messages: [String: Message] = [:]
  var enums: [String: Enumeration] = [:]

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

    var isUnary: Bool { !clientStreams && !serverStreams }
  }
}
